-- beat_worker: notes that a worker lives, and forgets those that have not said so for a while.
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 worker, 3 description JSON, 4 lease ms
-- Answers: number of workers that live
allow_when_full()
redis.call('HSET', P .. 'workers', ARGV[2], ARGV[3])
redis.call('ZADD', P .. 'workers_seen', now + tonumber(ARGV[4]), ARGV[2])
local silent = redis.call('ZRANGEBYSCORE', P .. 'workers_seen', '-inf', '(' .. now, 'LIMIT', 0, 100)
if #silent > 0 then
  redis.call('HDEL', P .. 'workers', unpack(silent))
  redis.call('ZREM', P .. 'workers_seen', unpack(silent))
end
return redis.call('HLEN', P .. 'workers')
