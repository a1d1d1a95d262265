-- save_backfill: creates or changes a backfill, only if it still is as it was read; the leader looks at it at once.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 id, 3 stored value as read or "" for a new one, 4 new value
-- Answers: "saved" | "stale"
if (redis.call('HGET', P .. 'backfills', ARGV[2]) or '') ~= ARGV[3] then
  return 'stale'
end
redis.call('HSET', P .. 'backfills', ARGV[2], ARGV[4])
redis.call('ZADD', P .. 'backfill_due', now, ARGV[2])
ring('leader')
return 'saved'
