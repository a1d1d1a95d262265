-- save_restart: takes down how far a restart in waves has come, and tells the next workers in the same step. One driver at a
-- time holds it, by a lease that each call renews; the revision keeps one that was away for too long from writing.
-- include: _orders
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 driver, 3 lease ms (0 gives it up), 4 revision as read (0: there was none), 5 new state JSON or "" to keep it,
--       6 keep ms, 7 order JSON or "", 8.. workers to be told
-- Answers: { "saved", revision } | { "held", driver, ms until its lease ends } | { "stale", revision }
allow_when_full()
local key = P .. 'restart'
local held = redis.call('HMGET', key, 'driver', 'until', 'revision')
local left = (tonumber(held[2]) or 0) - now
if held[1] and held[1] ~= ARGV[2] and left > 0 then
  return { 'held', held[1], text(left) }
end
local revision = tonumber(held[3]) or 0
if revision ~= tonumber(ARGV[4]) then
  return { 'stale', text(revision) }
end
redis.call('HSET', key, 'driver', ARGV[2], 'until', text(now + tonumber(ARGV[3])))
if ARGV[5] ~= '' then
  revision = revision + 1
  redis.call('HSET', key, 'state', ARGV[5], 'revision', text(revision))
end
redis.call('PEXPIRE', key, ARGV[6])
for i = 8, #ARGV do
  order_worker(ARGV[i], ARGV[7])
end
return { 'saved', text(revision) }
