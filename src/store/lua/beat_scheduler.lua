-- beat_scheduler: notes that a replica of the scheduler lives, and forgets those that have not said so for a while.
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 replica, 3 keep ms
-- Answers: number of replicas that live
allow_when_full()
redis.call('ZADD', P .. 'schedulers_seen', text(now + tonumber(ARGV[3])), ARGV[2])
redis.call('ZREMRANGEBYSCORE', P .. 'schedulers_seen', '-inf', '(' .. now_text)
return redis.call('ZCARD', P .. 'schedulers_seen')
