-- expired: reads attempts whose lease has run out. Changes nothing but leases that no attempt stands behind.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit
-- Answers: { next expiry ms or "", id, holder "<token> <worker> <started>", packed run, ... }
local ids = redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now, 'LIMIT', 0, ARGV[2])
local holders, runs = hmget(P .. 'running', ids), hmget(P .. 'runs', ids)
local following = redis.call('ZRANGEBYSCORE', P .. 'leases', '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = { following[2] or '' }
for i = 1, #ids do
  if holders[i] and runs[i] then
    answer[#answer + 1] = ids[i]
    answer[#answer + 1] = holders[i]
    answer[#answer + 1] = runs[i]
  else
    redis.call('ZREM', P .. 'leases', ids[i])
    redis.call('HDEL', P .. 'running', ids[i])
  end
end
return answer
