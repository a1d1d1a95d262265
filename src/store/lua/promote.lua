-- promote: waiting -> ready for delayed runs that are due, and opens lanes whose rate limit lets them on.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit per queue
-- Answers: { now, next due ms or "", runs promoted, nearest lease expiry ms or "", 1 if messages wait to be delivered }
-- include: _limits
local next_due, promoted = math.huge, 0
for _, queue in ipairs(redis.call('SMEMBERS', P .. 'queues')) do
  local due, moved = promote(queue, ARGV[2])
  next_due = math.min(next_due, due)
  promoted = promoted + moved
end
look_for_free_slots()
local lease = redis.call('ZRANGE', P .. 'leases', 0, 0, 'WITHSCORES')
return { now, next_due < math.huge and tostring(next_due) or '', promoted, lease[2] or '', redis.call('EXISTS', P .. 'outboxes') }
