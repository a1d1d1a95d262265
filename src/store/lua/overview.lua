-- overview: reads what the shard holds, at a cost that does not grow with schedules or runs.
-- KEYS: 1 prefix
-- include: _lane_names
-- ARGV: 1 clock, 2.. names of the sets of code that live workers have
-- Answers: { now, schedules, quarantined, dead letters, running, due time of the most overdue schedule or "", "led" or "",
--   count of queues, then per queue: name, ready, delayed, oldest fire time or "", "paused" or "", ready runs without code,
--   then per limit: name, lanes that it holds back, oldest fire time of these or "" }
local MOST_LANES = 5000 -- looked at in one call, over all queues; further ready runs are reckoned from these
local MOST_OF_A_QUEUE = 1000
local MOST_BLOCKED = 2000

local queues = redis.call('SMEMBERS', P .. 'queues')
local most = math.max(10, math.min(MOST_OF_A_QUEUE, math.floor(MOST_LANES / math.max(#queues, 1))))
local overdue = redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'WITHSCORES', 'LIMIT', 0, 1)[2]
local answer = {
  now,
  redis.call('HLEN', P .. 'schedules'),
  redis.call('HLEN', P .. 'quarantined'),
  redis.call('ZCARD', P .. 'dead'),
  redis.call('HLEN', P .. 'running'),
  overdue or '',
  redis.call('EXISTS', P .. 'lock') == 1 and 'led' or '',
  #queues,
}

-- By the name of a limit, the part of its key before the colon: how many lanes it holds back, since when.
local limits = {}

local function hold_back(key, fire_time)
  local name = string.match(key, '^[^:]*')
  local limit = limits[name] or { lanes = 0 }
  limits[name] = limit
  limit.lanes = limit.lanes + 1
  if fire_time and (not limit.oldest or fire_time < limit.oldest) then
    limit.oldest = fire_time
  end
end

-- Lanes that wait for a slot or a turn, by queue, with the key that they wait for: runs in them are ready too.
local function blocked_lanes()
  local lanes, room = {}, MOST_BLOCKED
  for _, name in ipairs(redis.call('SRANDMEMBER', P .. 'blocked_keys', 1000)) do
    if room <= 0 then
      break
    end
    for _, member in ipairs(redis.call('ZRANGE', P .. 'blocked:' .. name, 0, room - 1)) do
      local queue, lane = string.match(member, '^(%S+) (.*)$')
      lanes[queue] = lanes[queue] or {}
      lanes[queue][lane] = name
      room = room - 1
    end
  end
  return lanes
end

-- A parked lane waits for the key whose next start is furthest away, by its GCRA state or its hold.
local function key_of_parked(lane)
  local keys, names = names_of(lane), {}
  for i = 1, #keys, 2 do
    names[#names + 1] = keys[i]
  end
  local latest, key = -1, names[1]
  for i, tat in ipairs(redis.call('HMGET', P .. 'tats', unpack(names))) do
    local at, held = string.match(tat or '', '^(%S+) %S+ ?(%d*)')
    local free_at = math.max(tonumber(at or '') or 0, tonumber(held or '') or 0)
    if tat and free_at > latest then
      latest, key = free_at, names[i]
    end
  end
  return key
end

local function jobs_with_code(jobs)
  local known = {}
  for i = 2, #ARGV do
    for at, has in ipairs(redis.call('SMISMEMBER', P .. 'code:' .. ARGV[i], unpack(jobs))) do
      known[jobs[at]] = known[jobs[at]] or has == 1
    end
  end
  return known
end

-- Ready runs whose job no live worker has code for.
local function count_without_code(length_by_job)
  local jobs, count = {}, 0
  for job in pairs(length_by_job) do
    jobs[#jobs + 1] = job
  end
  local known = #jobs > 0 and jobs_with_code(jobs) or {}
  for job, length in pairs(length_by_job) do
    if not known[job] then
      count = count + length
    end
  end
  return count
end

-- A lane that was opened again while it waits is in two of the indexes. Answers lane -> the key that it waits for, or "".
local function lanes_of(queue, blocked)
  local lanes = {}
  for lane, key in pairs(blocked or {}) do
    lanes[lane] = key
  end
  for _, lane in ipairs(redis.call('ZRANGE', P .. 'parked:' .. queue, 0, most - 1)) do
    lanes[lane] = lane == '*' and 'queue:' .. queue or key_of_parked(lane)
  end
  local ready = redis.call('ZRANGE', P .. 'ready:' .. queue, 0, most - 1)
  for _, lane in ipairs(ready) do
    lanes[lane] = ''
  end
  return lanes, #ready
end

local function look_at(queue, blocked)
  local lanes, open = lanes_of(queue, blocked)
  local oldest, waiting, of_open, by_job = nil, 0, 0, {}
  for lane, key in pairs(lanes) do
    local length, fire_time = 0, nil
    if lane ~= '*' then
      length = redis.call('LLEN', lane_key(queue, lane))
      local head = redis.call('LINDEX', lane_key(queue, lane), 0)
      local packed = head and redis.call('HGET', P .. 'runs', head)
      fire_time = packed and tonumber(string.match(packed, '^(%d+)'))
      local job = string.match(lane, '^%d:([^|]+)')
      by_job[job] = (by_job[job] or 0) + length
      if fire_time and (not oldest or fire_time < oldest) then
        oldest = fire_time
      end
    end
    if key == '' then
      of_open = of_open + length
    else
      waiting = waiting + length
      if length > 0 or lane == '*' then
        hold_back(key, fire_time)
      end
    end
  end
  if open == most then
    of_open = math.floor(of_open * redis.call('ZCARD', P .. 'ready:' .. queue) / open + 0.5)
  end
  return of_open + waiting, oldest, count_without_code(by_job)
end

local blocked = blocked_lanes()
for _, queue in ipairs(queues) do
  local ready, oldest, without_code = look_at(queue, blocked[queue])
  answer[#answer + 1] = queue
  answer[#answer + 1] = ready
  answer[#answer + 1] = redis.call('ZCARD', P .. 'delayed:' .. queue)
  answer[#answer + 1] = oldest and text(oldest) or ''
  answer[#answer + 1] = redis.call('SISMEMBER', P .. 'paused_queues', queue) == 1 and 'paused' or ''
  answer[#answer + 1] = without_code
end
for name, limit in pairs(limits) do
  answer[#answer + 1] = name
  answer[#answer + 1] = limit.lanes
  answer[#answer + 1] = limit.oldest and text(limit.oldest) or ''
end
return answer
