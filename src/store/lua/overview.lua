-- overview: reads what the shard holds, at a cost that does not grow with schedules or runs.
-- KEYS: 1 prefix
-- ARGV: 1 clock
-- Answers: { now, schedules, quarantined, dead letters, running, then per queue: name, ready, delayed, oldest fire time or "" }
local MOST_BLOCKED = 2000
local answer = {
  now,
  redis.call('HLEN', P .. 'schedules'),
  redis.call('HLEN', P .. 'quarantined'),
  redis.call('ZCARD', P .. 'dead'),
  redis.call('HLEN', P .. 'running'),
}

-- Lanes that wait for a slot or a turn, by queue: runs in them are ready too.
local function blocked_lanes()
  local lanes, room = {}, MOST_BLOCKED
  for _, name in ipairs(redis.call('SRANDMEMBER', P .. 'blocked_keys', 1000)) do
    if room <= 0 then
      break
    end
    for _, member in ipairs(redis.call('ZRANGE', P .. 'blocked:' .. name, 0, room - 1)) do
      local queue, lane = string.match(member, '^(%S+) (.*)$')
      lanes[queue] = lanes[queue] or {}
      lanes[queue][lane] = true
      room = room - 1
    end
  end
  return lanes
end

-- A lane that was opened again while it waits is in two of these.
local function lanes_of(queue, blocked)
  local lanes = blocked or {}
  for _, index in ipairs({ 'ready:', 'parked:' }) do
    for _, lane in ipairs(redis.call('ZRANGE', P .. index .. queue, 0, 999)) do
      lanes[lane] = true
    end
  end
  return lanes
end

local blocked = blocked_lanes()
for _, queue in ipairs(redis.call('SMEMBERS', P .. 'queues')) do
  local ready, oldest = 0, nil
  for lane in pairs(lanes_of(queue, blocked[queue])) do
    ready = ready + redis.call('LLEN', lane_key(queue, lane))
    local head = redis.call('LINDEX', lane_key(queue, lane), 0)
    local packed = head and redis.call('HGET', P .. 'runs', head)
    local fire_time = packed and tonumber(string.match(packed, '^(%d+)'))
    if fire_time and (not oldest or fire_time < oldest) then
      oldest = fire_time
    end
  end
  answer[#answer + 1] = queue
  answer[#answer + 1] = ready
  answer[#answer + 1] = redis.call('ZCARD', P .. 'delayed:' .. queue)
  answer[#answer + 1] = oldest and tostring(oldest) or ''
end
return answer
