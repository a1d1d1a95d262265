-- fire: commits a leader's plan, schedule by schedule: run created, fire time marked, cursor moved, in one step.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 ledger count per job, 4.. entries of eight values:
--       id, expected head, new head, new due ms or "", verdicts "<job> <text>;<text>" or "", run id or "", queue|lane, packed run
--       (a head is the stored schedule up to its rule: "<revision> <next> <last> <manual> ")
-- Answers: "fenced" or a string with one character per entry: "1" committed, "0" stale (changed since it was read)
-- include: _leader
if is_fenced() then
  return 'fenced'
end
local ids, answers = {}, {}
for at = 4, #ARGV, 8 do
  ids[#ids + 1] = ARGV[at]
end
local values = hmget(P .. 'schedules', ids)
local heads, due, gone, runs, lanes, ledgers = {}, {}, {}, {}, {}, {}
for i = 1, #ids do
  local at = 4 + 8 * (i - 1)
  local expected = ARGV[at + 1]
  if not values[i] or string.sub(values[i], 1, #expected) ~= expected then
    answers[i] = '0'
  else
    answers[i] = '1'
    heads[#heads + 1] = ids[i]
    heads[#heads + 1] = ARGV[at + 2] .. string.sub(values[i], #expected + 1)
    if ARGV[at + 3] == '' then
      gone[#gone + 1] = ids[i]
    else
      due[#due + 1] = ARGV[at + 3]
      due[#due + 1] = ids[i]
    end
    if ARGV[at + 4] ~= '' then
      local job, text = string.match(ARGV[at + 4], '^(%S+) (.*)$')
      local ledger = ledgers[job] or {}
      ledgers[job] = ledger
      for verdict in string.gmatch(text, '[^;]+') do
        ledger[#ledger + 1] = ids[i] .. ' ' .. verdict
      end
    end
    if ARGV[at + 5] ~= '' then
      runs[#runs + 1] = ARGV[at + 5]
      runs[#runs + 1] = ARGV[at + 7]
      local lane = lanes[ARGV[at + 6]] or {}
      lanes[ARGV[at + 6]] = lane
      lane[#lane + 1] = ARGV[at + 5]
    end
  end
end
call_with('HSET', P .. 'schedules', heads)
call_with('ZREM', P .. 'due', gone)
call_with('ZADD', P .. 'due', due)
call_with('HSET', P .. 'runs', runs)
for place, waiting in pairs(lanes) do
  local queue, lane = string.match(place, '^(.-)|(.*)$')
  redis.call('SADD', P .. 'queues', queue)
  push_ready(queue, lane, waiting)
end
for job, ledger in pairs(ledgers) do
  call_with('LPUSH', P .. 'ledger:' .. job, ledger)
  redis.call('LTRIM', P .. 'ledger:' .. job, 0, tonumber(ARGV[3]) - 1)
end
return table.concat(answers)
