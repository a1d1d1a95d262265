-- due_schedules: reads the schedules that are due, and what the overlap policy needs to know of them. Changes nothing
-- but entries of due times that no schedule stands behind.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit
-- Answers: { now, jobs revision, next due ms or "", id, stored schedule, "live" or "", id, ... }
local ids = redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, ARGV[2])
local values = hmget(P .. 'schedules', ids)
local following = redis.call('ZRANGEBYSCORE', P .. 'due', '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = { now, redis.call('GET', P .. 'jobs_revision') or '0', following[2] or '' }

local function is_live(id, last, manual)
  if last ~= '-' and redis.call('HEXISTS', P .. 'runs', id .. '@' .. last) == 1 then
    return 'live'
  end
  if manual ~= '-' then
    for run in string.gmatch(manual, '[^,]+') do
      if redis.call('HEXISTS', P .. 'runs', run) == 1 then
        return 'live'
      end
    end
  end
  return ''
end

for i = 1, #ids do
  if values[i] then
    local last, manual = string.match(values[i], '^%S+ %S+ (%S+) (%S+)')
    answer[#answer + 1] = ids[i]
    answer[#answer + 1] = values[i]
    answer[#answer + 1] = is_live(ids[i], last or '-', manual or '-') -- a damaged one is read too: the ticker takes it out
  else
    redis.call('ZREM', P .. 'due', ids[i])
  end
end
return answer
