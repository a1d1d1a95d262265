-- expire_runs: ends runs that nobody has started by their deadline, or that are not over when they must be. One that runs is
-- its worker's: it is looked at again later.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 history count, 4 history bytes, 5 limit
-- Answers: "fenced" or { how many were looked at, id, job, ... } with the runs that ended
-- include: _leader _limits _holds _settle
local LATER_MS = 30000
if is_fenced() then
  return 'fenced'
end
allow_when_full()
local ids = redis.call('ZRANGEBYSCORE', P .. 'deadlines', '-inf', '(' .. now_text, 'LIMIT', 0, ARGV[5])
local runs, running = hmget(P .. 'runs', ids), hmget(P .. 'running', ids)
local ended, packed, answer = {}, {}, { #ids }
for i, id in ipairs(ids) do
  if not runs[i] then
    redis.call('ZREM', P .. 'deadlines', id)
  elseif running[i] or not is_expired(runs[i]) then
    redis.call('ZADD', P .. 'deadlines', text(now + LATER_MS), id)
  else
    local _, _, job = place_of(runs[i])
    withdraw(id, runs[i])
    ended[#ended + 1] = id
    packed[#packed + 1] = runs[i]
    answer[#answer + 1] = id
    answer[#answer + 1] = job
  end
end
if #ended > 0 then
  end_expired(ended, packed, { count = tonumber(ARGV[3]), bytes = tonumber(ARGV[4]) })
end
return answer
