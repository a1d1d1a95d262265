-- _claim: hands ready runs to a worker. Used by claim and, after settling, by settle. Needs _limits, _holds and _settle.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: { now, first token, "more" or "", id, packed run, id, packed run, ... }; run i has token first + i.

-- Deficit round robin (Shreedhar and Varghese, 1995) with runs of cost one: a turn lets a lane start one run, times its
-- weight; what a worker had no room for stays with the lane, which keeps its place, as a deficit for its next turn.
-- A worker that asks for many gets turns of up to MOST_A_TURN, so that it need not go round 500 lanes for 500 runs.
local MOST_A_TURN = 8
-- Lanes that are looked at together: as many as give what is wanted, where none is closed; further ones if that was not enough.
local MIN_WINDOW, MAX_WINDOW = 8, 64

local function runs_a_turn(want)
  return math.max(1, math.min(MOST_A_TURN, math.floor(want / MOST_A_TURN)))
end

local function window_of(left, want)
  return math.max(MIN_WINDOW, math.min(MAX_WINDOW, math.ceil(left / runs_a_turn(want))))
end

local function park(queue, lane, wake_at)
  redis.call('ZADD', P .. 'parked:' .. queue, wake_at, lane)
  ring('leader')
end

-- No more of this lane may start: it waits for its rate, or for a slot.
local function close_lane(queue, lane, wake_at, missing)
  redis.call('ZREM', P .. 'ready:' .. queue, lane)
  if wake_at then
    park(queue, lane, wake_at)
  else
    wait_for_slot(queue, lane, missing)
  end
end

local function drop_deficit(lane)
  if lane.deficit then
    redis.call('HDEL', P .. 'deficits', lane.name)
  end
end

-- `lane`: one of front_of. `trip`: what one claim has taken so far, { ids, lanes, queues, jobs, want, first_turn }. `rival`: the
-- turn of the lane behind; one that would come first again takes all it may. Answers how many runs it took, and its next
-- turn if it has one.
local function take_from_lane(queue, lane, want, trip, rival)
  local name, names, key = lane.name, lane.names, lane_key(queue, lane.name)
  local allowed, weight, wake_at, missing = allowance(names, want, key)
  if allowed <= 0 then
    close_lane(queue, name, wake_at, missing)
    hand_on(names)
    return 0
  end
  local quantum = allowed
  if turn(name, trip.first_turn + #trip.ids + allowed) >= rival then
    quantum = lane.deficit or weight * runs_a_turn(trip.want)
    drop_deficit(lane)
  end
  local grant = math.min(allowed, quantum)
  local ids = redis.call('LPOP', key, text(grant)) or {}
  spend(names, ids)
  local taken, lanes, queues, count = trip.ids, trip.lanes, trip.queues, #trip.ids
  for i = 1, #ids do
    taken[count + i], lanes[count + i], queues[count + i] = ids[i], name, queue
  end
  trip.jobs[sub(names[1], 5)] = true
  if #ids < grant or redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', P .. 'ready:' .. queue, name)
    hand_on(names)
  elseif grant == want and grant < quantum then
    redis.call('HSET', P .. 'deficits', name, quantum - grant)
  else
    return #ids, turn(name, trip.first_turn + #trip.ids)
  end
  return #ids
end

-- What the limit of the queue itself leaves of `want`; a rate that leaves nothing has its queue looked at again in time.
local function room_of_queue(queue, want)
  local names = { 'queue:' .. queue, 'queue:' .. queue }
  load_limits(names)
  local allowed, _, wake_at = allowance(names, want)
  if allowed <= 0 and wake_at then
    park(queue, '*', wake_at)
  end
  return math.max(allowed, 0), names
end

-- Up to `window` lanes at the front but those that this claim has passed by, each { name, names, turn, has_code, deficit };
-- and the turn of the lane behind them.
local function front_of(queue, code, passed, window)
  local members = redis.call('ZRANGE', P .. 'ready:' .. queue, '0', text(window + passed.count), 'WITHSCORES')
  local front, lanes, jobs, names, behind = {}, {}, {}, {}, nil
  for i = 1, #members, 2 do
    local name, at = members[i], tonumber(members[i + 1])
    if not passed.lanes[name] and #front == window then
      behind = at
      break
    elseif not passed.lanes[name] then
      local lane = { name = name, names = names_of(name), turn = at }
      front[#front + 1], lanes[#lanes + 1], jobs[#jobs + 1] = lane, name, sub(lane.names[1], 5)
      for k = 1, #lane.names do
        names[#names + 1] = lane.names[k]
      end
    end
  end
  if #front > 0 then
    load_limits(names)
    local has_code, deficits = redis.call('SMISMEMBER', code, unpack(jobs)), hmget(P .. 'deficits', lanes)
    for i, lane in ipairs(front) do
      lane.has_code, lane.deficit = has_code[i] == 1, tonumber(deficits[i] or nil)
    end
  end
  return front, behind or math.huge
end

-- Takes up to `want` ids from the lanes at the front, oldest turn first, and gives those that have more their next turns.
local function take_from_front(queue, front, behind, want, trip)
  local left, turns = want, {}
  local first_again = math.huge -- the first turn of those that this round has taken from
  for i, lane in ipairs(front) do
    if left == 0 or lane.turn > first_again then
      break
    elseif lane.has_code then
      local next_lane = front[i + 1]
      local rival = math.min(next_lane and next_lane.turn or behind, first_again)
      local took, next_turn = take_from_lane(queue, lane, left, trip, rival)
      left = left - took
      if next_turn then
        turns[#turns + 1] = text(next_turn)
        turns[#turns + 1] = lane.name
        first_again = math.min(first_again, next_turn)
      end
    end
  end
  call_with('ZADD', P .. 'ready:' .. queue, turns)
  return left
end

-- Takes up to `want` ids from one queue; a lane whose job the worker has no code for stays.
local function take_from_queue(queue, code, want, trip)
  local room, own_names = room_of_queue(queue, want)
  local left, passed, before = room, { lanes = {}, count = 0 }, #trip.ids
  while left > 0 do
    local front, behind = front_of(queue, code, passed, window_of(left, trip.want))
    if #front == 0 then
      break
    end
    left = take_from_front(queue, front, behind, left, trip)
    for _, lane in ipairs(front) do
      if not lane.has_code then
        passed.lanes[lane.name] = true
        passed.count = passed.count + 1
      end
    end
  end
  if known[own_names[1]] then
    local ids = {}
    for i = before + 1, #trip.ids do
      ids[#ids + 1] = trip.ids[i]
    end
    spend(own_names, ids)
  end
  return want - room + left
end

-- A holder is "<token> <worker> <since>".
-- An id can be left in a lane by a cancel; it is dropped here, and so is one that is running or taken already.
local function lease(worker, lease_ms, trip, answer)
  local taken = trip.ids
  local packed = hmget(P .. 'runs', taken)
  local running = hmget(P .. 'running', taken)
  local token = trip.first_turn
  answer[2] = token
  local holders, leases, count, seen, expired = {}, {}, 0, {}, { ids = {}, packed = {} }
  local suffix, expiry = ' ' .. worker .. ' ' .. now_text, text(now + lease_ms)
  for i = 1, #taken do
    local id = taken[i]
    if not packed[i] or running[i] or seen[id] then
      give_back(trip.queues[i], trip.lanes[i], id)
    elseif is_expired(packed[i]) then -- a run whose time is over ends here
      seen[id] = true
      expired.ids[#expired.ids + 1] = id
      expired.packed[#expired.packed + 1] = packed[i]
      give_back(trip.queues[i], trip.lanes[i], id)
    else
      seen[id] = true
      holders[2 * count + 1] = id
      holders[2 * count + 2] = text(token + count) .. suffix
      leases[2 * count + 1] = expiry
      leases[2 * count + 2] = id
      answer[2 * count + 4] = id
      answer[2 * count + 5] = packed[i]
      count = count + 1
    end
  end
  if count > 0 then
    put_in_table('HSET', P .. 'running', holders)
    put_in_table('ZADD', P .. 'leases', leases)
  end
  return count, expired
end

local function tell_expired(expired)
  local words = {}
  for i, id in ipairs(expired.ids) do
    local _, _, job = place_of(expired.packed[i])
    words[i] = ' ' .. id .. ' ' .. job
  end
  return table.concat(words)
end

local function note_starts(jobs)
  local stats = {}
  for job in pairs(jobs) do
    stats[#stats + 1] = job .. '|start'
    stats[#stats + 1] = now_text
  end
  call_with('HSET', P .. 'job_stats', stats)
end

-- Tokens follow the time, a thousand to the millisecond, so that they grow even over a failover that lost the last ones:
-- a stale worker's token is never handed out again. The turns of lanes are counted with them.
local function first_token()
  return math.max(tonumber(redis.call('GET', P .. 'tokens') or '0'), now * 1000)
end

local function claim(from, keep)
  local worker, lease_ms, want = ARGV[from], tonumber(ARGV[from + 1]), tonumber(ARGV[from + 2])
  local code = P .. 'code:' .. ARGV[from + 3]
  local answer, left = { now, 0, '' }, want
  local trip = { ids = {}, lanes = {}, queues = {}, jobs = {}, want = want, first_turn = first_token() }
  for i = from + 4, #ARGV do
    local queue = ARGV[i]
    promote(queue, '100')
    if redis.call('SISMEMBER', P .. 'paused_queues', queue) == 0 then
      left = take_from_queue(queue, code, left, trip)
      if left == 0 then
        ring('queue:' .. queue) -- there may be more: the next idle worker looks
        break
      end
    end
  end
  if #trip.ids > 0 then
    redis.call('SET', P .. 'tokens', text(trip.first_turn + #trip.ids))
    local leased, expired = lease(worker, lease_ms, trip, answer)
    note_starts(trip.jobs)
    save_limits()
    if left == 0 or leased < #trip.ids then
      answer[3] = 'more'
    end
    if #expired.ids > 0 then
      answer[3] = answer[3] .. tell_expired(expired)
      end_expired(expired.ids, expired.packed, keep)
    end
  end
  return answer
end
