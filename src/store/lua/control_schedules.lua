-- control_schedules: pauses or resumes schedules or moves their cursors by hand, each only if it still is as it was read, with
-- the verdicts over the fire times that this passes over. An id comes once in a call.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 ledger count per job, 3.. entries of six values: id, stored value as read, new value or "" (remove),
--       due ms or "", pause note JSON to keep, "forget", or "" to leave it, verdicts "<text>;<text>" or ""
-- Answers: a string with one character per entry: "1" saved, "0" stale
local ids, answers = {}, {}
for at = 3, #ARGV, 6 do
  ids[#ids + 1] = ARGV[at]
end
local values = hmget(P .. 'schedules', ids)
local is_due = false
for i, id in ipairs(ids) do
  local at = 3 + 6 * (i - 1)
  local value, due, note, verdicts = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  if values[i] ~= ARGV[at + 1] then
    answers[i] = '0'
  else
    answers[i] = '1'
    if value == '' then
      redis.call('HDEL', P .. 'schedules', id)
    else
      redis.call('HSET', P .. 'schedules', id, value)
    end
    redis.call('HDEL', P .. 'quarantined', id)
    if due == '' then
      redis.call('ZREM', P .. 'due', id)
    else
      redis.call('ZADD', P .. 'due', due, id)
      is_due = true
    end
    if note == 'forget' then
      redis.call('HDEL', P .. 'paused', id)
      redis.call('HDEL', P .. 'failing', id) -- whoever resumes it has looked: it would pause again at once
    elseif note ~= '' then
      redis.call('HSET', P .. 'paused', id, note)
    end
    if verdicts ~= '' then
      local ledger = P .. 'ledger:' .. string.match(id, '^[^:]+')
      for verdict in string.gmatch(verdicts, '[^;]+') do
        redis.call('LPUSH', ledger, id .. ' ' .. verdict)
      end
      redis.call('LTRIM', ledger, 0, tonumber(ARGV[2]) - 1)
    end
  end
end
if is_due then
  ring('leader')
end
return table.concat(answers)
