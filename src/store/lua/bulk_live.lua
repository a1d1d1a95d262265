-- bulk_live: one slice of a bulk operation over runs that have not ended: cancels, deletes or moves those that are in a wanted
-- state. A moved run keeps its id, its place among the others of the slice, its delay and what it waits for.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2..9 see _bulk, 10 "cancel" | "delete" | "move", 11 queue to move to or "", 12 wanted states "ready,waiting,",
--       13 body JSON of cancelled runs, 14 window of the lane that the ids were read from "<first index> <length>" or "",
--       15 queue, 16 lane of that window, 17.. ids in the order of the lane
-- Answers: "fenced" | "stale" | the new stored value
-- include: _leader _limits _holds _settle _bulk
local refused = refusal()
if refused then
  return refused
end
allow_when_full()
local action, to, wanted = ARGV[10], ARGV[11], {}
for state in string.gmatch(ARGV[12], '%a+') do
  wanted[state] = true
end
local ids = { unpack(ARGV, 17) }

-- Near the head of a lane taking an id out costs little. Further behind, its place is made empty: the claim drops what it
-- finds empty. Ids that were not read from a lane are most often young, so they are looked for from its end.
local NEAR, LONGEST = 1000, 10000
local places, first = nil, nil
if ARGV[14] ~= '' then
  local from, length = string.match(ARGV[14], '^(%d+) (%d+)$')
  places, first = {}, tonumber(from)
  for i, id in ipairs(redis.call('LRANGE', lane_key(ARGV[15], ARGV[16]), first, first + length - 1)) do
    places[id] = first + i - 1
  end
end

local emptied = {}
local function pull(queue, lane, id)
  local key = lane_key(queue, lane)
  emptied[key] = { queue, lane }
  if places and first > NEAR then -- one that has moved up since it was read leaves its place too: the others keep theirs
    local place = places[id] or redis.call('LPOS', key, id)
    if place then
      redis.call('LSET', key, place, '')
    end
    return place and true
  elseif places or action == 'move' or redis.call('LLEN', key) <= LONGEST then
    return redis.call('LREM', key, places and 1 or -1, id) == 1
  end
  return true -- it stays in the long lane, and the claim drops it
end

local function close_empty_lanes()
  for key, lane in pairs(emptied) do
    if redis.call('EXISTS', key) == 0 then
      redis.call('ZREM', P .. 'ready:' .. lane[1], lane[2])
      redis.call('ZREM', P .. 'parked:' .. lane[1], lane[2])
    end
  end
end

local packed, running = hmget(P .. 'runs', ids), hmget(P .. 'running', ids)
local holds, awaiting = hmget(P .. 'holds', ids), hmget(P .. 'awaiting', ids)

local function state_of(i, queue)
  local ready_at = redis.call('ZSCORE', P .. 'delayed:' .. queue, ids[i])
  if running[i] then
    return 'running'
  elseif ready_at then
    local failures = string.match(packed[i], '^%S+ %S+ %S+ %S+ %S+ %S+ (%d+)')
    return failures == '0' and 'waiting' or 'retrying', ready_at
  end
  return (holds[i] or awaiting[i]) and 'waiting' or 'ready'
end

local over = { ids = {}, outcomes = {}, details = {}, bodies = {}, holders = {} }
local function take_away(i, queue, lane, ready_at, state)
  if ready_at then
    redis.call('ZREM', P .. 'delayed:' .. queue, ids[i])
  elseif state == 'ready' then
    pull(queue, lane, ids[i])
  end
  local n = #over.ids + 1
  over.ids[n], over.outcomes[n], over.bodies[n], over.holders[n] = ids[i], 'cancelled', ARGV[13], '- 0'
  over.details[n] = action == 'delete' and 'deleted' or 'logs'
end

local arrivals, moved = {}, {}
local function move(i, queue, lane, ready_at, state)
  local head, rest = string.match(packed[i], '^(%S+ %S+ )%S+( .*)$')
  moved[#moved + 1] = ids[i]
  moved[#moved + 1] = head .. to .. rest
  if ready_at then
    redis.call('ZREM', P .. 'delayed:' .. queue, ids[i])
    delay_run(to, tonumber(ready_at), ids[i])
  elseif state == 'ready' and pull(queue, lane, ids[i]) then
    if not arrivals[lane] then
      arrivals[lane] = {}
      arrivals[#arrivals + 1] = lane
    end
    table.insert(arrivals[lane], ids[i])
  end
end

local act = action == 'move' and move or take_away
local done, failed = 0, 0
for i = 1, #ids do
  if not packed[i] then
    failed = failed + 1 -- it has ended since it was read
  else
    local queue, lane = place_of(packed[i])
    local state, ready_at = state_of(i, queue)
    if wanted[state] and state == 'running' then
      done = done + redis.call('HSETNX', P .. 'cancels', ids[i], '1')
    elseif wanted[state] and queue ~= to then
      done = done + 1
      act(i, queue, lane, ready_at, state)
    end
  end
end
close_empty_lanes()
if #moved > 0 then
  redis.call('SADD', P .. 'queues', to)
  call_with('HSET', P .. 'runs', moved)
  for _, lane in ipairs(arrivals) do
    push_ready(to, lane, arrivals[lane])
  end
end
if #over.ids > 0 then
  finish(over, kept_history())
end
return commit(done, failed)
