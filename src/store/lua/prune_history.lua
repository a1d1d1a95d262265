-- prune_history: forgets finished runs of one job that are older than the retention, and old dead letters.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 job, 4 age ms, 5 dead letter age ms, 6 dead letter count
-- Answers: "fenced" or the number of records forgotten (at most 1,000 of each kind; call again while it is above zero)
-- include: _leader _limits _holds _settle
if is_fenced() then
  return 'fenced'
end
allow_when_full()
local list, forgotten, freed = P .. 'history:' .. ARGV[3], 0, 0
while forgotten < 1000 do
  local record = redis.call('LINDEX', list, -1)
  if not record or tonumber(string.match(record, '^%S+ %S+ %S+ (%d+)')) > now - tonumber(ARGV[4]) then
    break
  end
  redis.call('RPOP', list)
  forget_log(record)
  freed = freed + #record
  forgotten = forgotten + 1
end
if redis.call('EXISTS', list) == 0 then -- the job may be gone for good
  redis.call('HDEL', P .. 'history_bytes', ARGV[3])
elseif forgotten > 0 then
  redis.call('HINCRBY', P .. 'history_bytes', ARGV[3], -freed)
end
local dead = redis.call('ZRANGEBYSCORE', P .. 'dead', '-inf', now - tonumber(ARGV[5]), 'LIMIT', 0, 1000)
local excess = redis.call('ZCARD', P .. 'dead') - tonumber(ARGV[6])
if excess > 0 and #dead == 0 then
  dead = redis.call('ZRANGE', P .. 'dead', 0, math.min(excess, 1000) - 1)
end
if #dead > 0 then
  for _, letter in ipairs(hmget(P .. 'letters', dead)) do
    if letter then
      forget_log(letter)
    end
  end
  redis.call('HDEL', P .. 'letters', unpack(dead))
  redis.call('ZREM', P .. 'dead', unpack(dead))
end
return forgotten + #dead
