-- promote: waiting -> ready for delayed runs that are due, and opens lanes whose rate limit lets them on.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit per queue
-- Answers: { now, next due ms or "", runs promoted, nearest lease expiry ms or "", 1 if messages wait to be delivered }
-- include: _limit_changes
local queues = redis.call('SMEMBERS', P .. 'queues')

-- What is left of a lane's turn stays behind when the lane runs empty, for a claim does not look; some go with each pass.
local function forget_deficits()
  for _, lane in ipairs(redis.call('HRANDFIELD', P .. 'deficits', 20)) do
    local lanes = 0
    for _, queue in ipairs(queues) do
      lanes = lanes + redis.call('EXISTS', lane_key(queue, lane))
    end
    if lanes == 0 then
      redis.call('HDEL', P .. 'deficits', lane)
    end
  end
end

local next_due, promoted = math.huge, 0
for _, queue in ipairs(queues) do
  local due, moved = promote(queue, ARGV[2])
  next_due = math.min(next_due, due)
  promoted = promoted + moved
end
look_for_free_slots()
forget_deficits()
local lease = redis.call('ZRANGE', P .. 'leases', 0, 0, 'WITHSCORES')
return { now, next_due < math.huge and tostring(next_due) or '', promoted, lease[2] or '', redis.call('EXISTS', P .. 'outboxes') }
