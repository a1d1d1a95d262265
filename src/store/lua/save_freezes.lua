-- save_freezes: replaces the list of freezes, only if it still is as it was read. A leader whose plan was made under the old
-- list finds it changed when it commits, so nothing fires under a freeze that this call has acknowledged.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 list JSON as read or "", 3 new list JSON or "" for none
-- Answers: "saved" | "stale"
local key = P .. 'freezes'
if (redis.call('GET', key) or '') ~= ARGV[2] then
  return 'stale'
end
if ARGV[3] == '' then
  redis.call('DEL', key)
else
  redis.call('SET', key, ARGV[3])
end
ring('leader')
return 'saved'
