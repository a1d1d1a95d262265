-- prune_history: forgets finished runs of one job that are older than the retention, and old dead letters.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 job, 4 age ms, 5 dead letter age ms, 6 dead letter count
-- Answers: "fenced" or the number of records forgotten (at most 1,000 of each kind; call again while it is above zero)
-- include: _leader _settle
if is_fenced() then
  return 'fenced'
end
allow_when_full()
local list, forgotten = P .. 'history:' .. ARGV[3], 0
while forgotten < 1000 do
  local id = redis.call('LINDEX', list, -1)
  local record = id and redis.call('HGET', P .. 'done', id)
  local finished = record and tonumber(string.match(record, '^%S+ %S+ (%d+)'))
  if not id or (finished and finished > now - tonumber(ARGV[4])) then
    break
  end
  redis.call('RPOP', list)
  forget_logs({ record }, { id })
  redis.call('HDEL', P .. 'done', id)
  redis.call('HINCRBY', P .. 'history_bytes', ARGV[3], -(record and #record or 0))
  forgotten = forgotten + 1
end
local dead = redis.call('ZRANGEBYSCORE', P .. 'dead', '-inf', now - tonumber(ARGV[5]), 'LIMIT', 0, 1000)
local excess = redis.call('ZCARD', P .. 'dead') - tonumber(ARGV[6])
if excess > 0 and #dead == 0 then
  dead = redis.call('ZRANGE', P .. 'dead', 0, math.min(excess, 1000) - 1)
end
if #dead > 0 then
  forget_logs(hmget(P .. 'done', dead), dead)
  redis.call('HDEL', P .. 'done', unpack(dead))
  redis.call('ZREM', P .. 'dead', unpack(dead))
end
return forgotten + #dead
