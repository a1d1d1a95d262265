-- begin_migration: lets one process at a time bring a shard's state to the next format; one that was left off is gone on with.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 holder, 3 format that it must have, 4 format that it is to have, 5 lease ms
-- Answers: { "begun", token, cursor to go on at or "" } | { "busy", ms until the lease of the holder ends } | { "other", format }
local meta = P .. 'meta'
local format, target, holder, ends = unpack(redis.call('HMGET', meta, 'format', 'migration', 'migration_holder', 'migration_until'))
if format ~= ARGV[3] then
  return { 'other', format or '' }
end
if holder and holder ~= ARGV[2] and tonumber(ends) > now then
  return { 'busy', text(tonumber(ends) - now) }
end
if target ~= ARGV[4] then
  redis.call('HDEL', meta, 'migration_cursor')
end
local token = redis.call('HINCRBY', meta, 'migration_token', 1)
redis.call('HSET', meta, 'migration', ARGV[4], 'migration_holder', ARGV[2], 'migration_until', text(now + tonumber(ARGV[5])))
return { 'begun', text(token), redis.call('HGET', meta, 'migration_cursor') or '' }
