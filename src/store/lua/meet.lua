-- meet: notes the layout of a shard's state with its first contact, and tells it.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 format of the caller, 3 oldest format whose code can read that, 4 format to take where none is noted, or "",
--       5 number of shards of the namespace, or "" where that is not kept here
-- Answers: { format, oldest format whose code can read it, shards or "" }
-- A shard without a note that holds something is older than the first note: format 0.
-- Before the first release the layout changed without being counted up: state with rates by job is format 0 too.
local meta = P .. 'meta'
local noted, oldest = unpack(redis.call('HMGET', meta, 'format', 'oldest'))
if noted and not oldest then
  noted = redis.call('EXISTS', P .. 'rates') == 1 and '0' or noted
  redis.call('HSET', meta, 'format', noted, 'oldest', noted)
elseif not noted then
  local format = ARGV[4]
  if format == '' then
    local used = redis.call('EXISTS', P .. 'jobs', P .. 'schedules', P .. 'runs', P .. 'calendars')
    format = used > 0 and '0' or ARGV[2]
  end
  redis.call('HSET', meta, 'format', format, 'oldest', format == ARGV[2] and ARGV[3] or format)
end
if ARGV[5] ~= '' and not redis.call('HGET', meta, 'shards') then
  redis.call('HSET', meta, 'shards', ARGV[5])
end
local known = redis.call('HMGET', meta, 'format', 'oldest', 'shards')
return { known[1], known[2], known[3] or '' }
