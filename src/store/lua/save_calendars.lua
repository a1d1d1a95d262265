-- save_calendars: stores named calendars. The same call from many replicas changes nothing after the first.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2.. entries of two values: name, calendar JSON or "" (remove)
-- Answers: { names that were new, different or removed }
local key, changed = P .. 'calendars', {}
for at = 2, #ARGV, 2 do
  local name, calendar = ARGV[at], ARGV[at + 1]
  if (redis.call('HGET', key, name) or '') ~= calendar then
    if calendar == '' then
      redis.call('HDEL', key, name)
    else
      redis.call('HSET', key, name, calendar)
    end
    changed[#changed + 1] = name
  end
end
if #changed > 0 then
  redis.call('INCR', P .. 'jobs_revision') -- leaders read jobs and calendars again
  ring('leader')
end
return changed
