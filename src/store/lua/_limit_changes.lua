-- _limit_changes: what a change of limits asks for, and what the leader looks after in case. Used by scripts that set limits,
-- and by promote.
-- include: _limits
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- Counts the running runs anew: for limits that have changed.
local function recount()
  known = {}
  local running = redis.call('HKEYS', P .. 'running')
  local packed, counts, pairs_of = hmget(P .. 'runs', running), {}, {}
  for i = 1, #running do
    if packed[i] then
      local names = names_within(place_of(packed[i]))
      load_limits(names)
      for n = 1, #names, 2 do
        local limit = known[names[n]]
        if limit and limit.slots then
          counts[names[n]] = (counts[names[n]] or 0) + 1
        end
      end
    end
  end
  redis.call('DEL', P .. 'active')
  for name, count in pairs(counts) do
    pairs_of[#pairs_of + 1] = name
    pairs_of[#pairs_of + 1] = text(count)
  end
  call_with('HSET', P .. 'active', pairs_of)
end

local function has_key(queue, lane, name)
  if lane == '*' then
    return name == 'queue:' .. queue
  end
  return string.find(lane .. '|', '~' .. name .. '|', 1, true) or name == 'job:' .. string.match(lane, '^%d:([^|]+)')
end

-- After a change of one limit, or of any: the slots are counted anew, and each lane that waits for it is looked at again.
local function reopen_lanes(changed)
  recount()
  for _, name in ipairs(changed and { changed } or redis.call('SMEMBERS', P .. 'blocked_keys')) do
    wake(name, math.huge)
  end
  for _, queue in ipairs(redis.call('SMEMBERS', P .. 'queues')) do
    local parked = P .. 'parked:' .. queue
    for _, lane in ipairs(redis.call('ZRANGE', parked, 0, -1)) do
      if not changed or has_key(queue, lane, changed) then
        redis.call('ZREM', parked, lane)
        if lane ~= '*' and redis.call('EXISTS', lane_key(queue, lane)) == 1 then
          open_lane(queue, lane)
        end
      end
    end
    ring('queue:' .. queue)
  end
end

-- A turn ends with its run, and a run whose turn it is stands in front of its lane, whatever ways these went. Were it not
-- so, the runs of the key would wait for ever.
local function mend_turn(name)
  local run = known[name] and known[name].turn
  if not run then
    return
  end
  local packed = redis.call('HGET', P .. 'runs', run)
  if not packed then
    redis.call('HDEL', P .. 'turns', name)
    known[name].turn = nil
  elseif redis.call('HEXISTS', P .. 'running', run) == 0 then
    local queue, lane = place_of(packed)
    local key = lane_key(queue, lane)
    local is_behind = redis.call('LINDEX', key, 0) ~= run and redis.call('LLEN', key) <= 10000
    if is_behind and redis.call('LREM', key, 1, run) == 1 then
      push_front(queue, lane, run)
    end
  end
end

-- A woken lane may be one that no worker asks for: every so often the next in line is tried.
local function look_for_free_slots()
  for _, name in ipairs(redis.call('SRANDMEMBER', P .. 'blocked_keys', 20)) do
    local member = redis.call('ZRANGE', P .. 'blocked:' .. name, 0, 0)[1]
    local names = member and names_of(string.match(member, ' (.*)$'))
    if names then
      load_limits(names)
      mend_turn(name)
      hand_on(names)
    else
      redis.call('SREM', P .. 'blocked_keys', name)
    end
  end
end
