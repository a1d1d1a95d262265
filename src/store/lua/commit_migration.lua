-- commit_migration: changes fields of hashes that still are what they were read as, and notes how far the migration has come.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 token, 3 cursor to go on at, or "" at the end, 4 lease ms, 5 oldest format whose code can read what it leaves,
--       6.. entries of four values: key without prefix, field, value before, value after ("=" and the value, or "" for none)
-- Answers: { "committed", fields that were changed, fields that were not any more as they were read } | { "fenced" }
-- Checks before it writes; the end of it is the shard's new format, in the same step.
local meta = P .. 'meta'
if redis.call('HGET', meta, 'migration_token') ~= ARGV[2] then
  return { 'fenced' }
end
local changed, stale = 0, 0
for at = 6, #ARGV, 4 do
  local key, field, before, after = P .. ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local stored = redis.call('HGET', key, field)
  if (stored and '=' .. stored or '') ~= before then
    stale = stale + 1
  else
    if after == '' then
      redis.call('HDEL', key, field)
    else
      redis.call('HSET', key, field, string.sub(after, 2))
    end
    changed = changed + 1
  end
end
if ARGV[3] == '' and stale == 0 then
  redis.call('HSET', meta, 'format', redis.call('HGET', meta, 'migration'), 'oldest', ARGV[5])
  redis.call('HDEL', meta, 'migration', 'migration_holder', 'migration_until', 'migration_cursor')
  redis.call('HINCRBY', meta, 'migration_token', 1) -- whoever went on beside this one is refused
elseif stale == 0 then
  redis.call('HSET', meta, 'migration_cursor', ARGV[3], 'migration_until', text(now + tonumber(ARGV[4])))
end
return { 'committed', changed, stale }
