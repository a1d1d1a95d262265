-- beat_scheduler: notes that a replica of the scheduler lives, and forgets those that have not said so for a while.
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 replica, 3 keep ms, 4 description JSON
-- Answers: { description JSON of each replica that lives, the caller's included }
allow_when_full()
redis.call('HSET', P .. 'schedulers', ARGV[2], ARGV[4])
redis.call('ZADD', P .. 'schedulers_seen', text(now + tonumber(ARGV[3])), ARGV[2])
local silent = redis.call('ZRANGEBYSCORE', P .. 'schedulers_seen', '-inf', '(' .. now_text, 'LIMIT', 0, 100)
if #silent > 0 then
  redis.call('HDEL', P .. 'schedulers', unpack(silent))
  redis.call('ZREM', P .. 'schedulers_seen', unpack(silent))
end
return redis.call('HVALS', P .. 'schedulers')
