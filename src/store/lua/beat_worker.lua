-- beat_worker: notes that a worker lives and what its pool asks for, and forgets those that have not said so for a while.
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 worker, 3 description JSON, 4 keep ms, 5 pool, 6 queues of the pool JSON
-- Answers: the order to the worker JSON, or "" for none
allow_when_full()
redis.call('HSET', P .. 'workers', ARGV[2], ARGV[3])
redis.call('ZADD', P .. 'workers_seen', now + tonumber(ARGV[4]), ARGV[2])
if redis.call('HGET', P .. 'pools', ARGV[5]) ~= ARGV[6] then
  redis.call('HSET', P .. 'pools', ARGV[5], ARGV[6])
end
local silent = redis.call('ZRANGEBYSCORE', P .. 'workers_seen', '-inf', '(' .. now, 'LIMIT', 0, 100)
if #silent > 0 then
  redis.call('HDEL', P .. 'workers', unpack(silent))
  redis.call('HDEL', P .. 'orders', unpack(silent))
  redis.call('ZREM', P .. 'workers_seen', unpack(silent))
end
return redis.call('HGET', P .. 'orders', ARGV[2]) or ''
