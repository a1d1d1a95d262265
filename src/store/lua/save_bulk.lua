-- save_bulk: begins a bulk operation or ends it, only if it still is as it was read.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 id, 3 stored value as read or "" for a new one, 4 new value, 5 "running" or "over"
-- Answers: "saved" | "stale"
local id = ARGV[2]
if (redis.call('HGET', P .. 'bulks', id) or '') ~= ARGV[3] then
  return 'stale'
end
if ARGV[5] == 'over' then
  allow_when_full()
  redis.call('ZREM', P .. 'bulk_due', id)
  redis.call('UNLINK', P .. 'bulk_seen:' .. id)
else
  redis.call('ZADD', P .. 'bulk_due', now, id)
end
redis.call('HSET', P .. 'bulks', id, ARGV[4])
return 'saved'
