-- enqueue_unique: nothing -> ready or waiting, unless another run has the key: then nothing happens, or that run changes.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 "fresh" or "own" (ids of the caller's: one that was used before changes nothing),
--       3 mode: unique | throttle | debounce | replace, 4 for ms or 0, 5 max wait ms or 0, 6 delay ms,
--       7.. runs of one job: id, packed run without its fire time
-- Answers: { "enqueued" | "duplicate" | "replaced" | "moved", id of the run that stands for it, ... }
-- include: _limits _holds _settle _unique
local SENT_KEEP_MS, OWN_KEEP_MS = '15000', '604800000' -- see enqueue
local mode, for_ms, max_wait, delay = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local function store(id, packed)
  redis.call('SADD', P .. 'queues', (place_of(packed)))
  redis.call('HSET', P .. 'runs', id, packed)
  redis.call('ZREM', P .. 'deadlines', id)
  watch_bounds(id, packed)
end

local function make(id, packed, at)
  local run = text(at) .. ' ' .. packed
  local queue, lane = place_of(run)
  store(id, run)
  if at > now then
    delay_run(queue, at, id)
  else
    push_ready(queue, lane, { id })
  end
end

-- What has begun is left alone: its payload is in use, and so is what its attempts have noted.
local function has_begun(id, packed)
  local counts = string.match(packed, '^%S+ %S+ %S+ %S+ %S+ (%d+ %d+ %d+) ')
  return counts ~= '0 0 0' or string.find(';' .. (extras_of(packed) or ''), ';[chnpz]=') ~= nil
    or redis.call('HEXISTS', P .. 'running', id) == 1
end

-- The run gets what a newer one would have brought and keeps its place, if its queue and its lane are the same.
local function replace(id, before, packed)
  local run = string.match(before, '^(%S+ )') .. packed
  local queue, lane = place_of(before)
  local to, to_lane = place_of(run)
  store(id, run)
  if queue == to and lane == to_lane then
    return
  end
  local ready_at = redis.call('ZSCORE', P .. 'delayed:' .. queue, id)
  if ready_at then
    redis.call('ZREM', P .. 'delayed:' .. queue, id)
    delay_run(to, tonumber(ready_at), id)
  elseif redis.call('LREM', lane_key(queue, lane), 1, id) == 1 then
    push_ready(to, to_lane, { id })
  end
end

local function put_off(id, before, packed, at)
  redis.call('ZREM', P .. 'delayed:' .. place_of(before), id)
  local run = text(at) .. ' ' .. packed
  store(id, run)
  delay_run(place_of(run), at, id)
end

local act = {
  unique = function(field, id, packed)
    local holder = holder_of(field)
    if holder then
      return 'duplicate', holder
    end
    make(id, packed, now + delay)
    take_key(field, id, for_ms > 0 and now + for_ms or 0)
    return 'enqueued', id
  end,
  throttle = function(field, id, packed)
    local key = P .. 'throttle:' .. field
    local first, till = string.match(redis.call('GET', key) or '', '^(%S+) (%d+)$')
    if first and tonumber(till) > now then
      return 'duplicate', first
    end
    make(id, packed, now + delay)
    redis.call('SET', key, id .. ' ' .. text(now + for_ms), 'PX', for_ms)
    return 'enqueued', id
  end,
  debounce = function(field, id, packed)
    local holder, before, latest = holder_of(field)
    if not holder or has_begun(holder, before) then
      make(id, packed, now + for_ms)
      take_key(field, id, 0, max_wait > 0 and now + max_wait or 0)
      return 'enqueued', id
    elseif redis.call('ZSCORE', P .. 'delayed:' .. place_of(before), holder) then
      put_off(holder, before, packed, math.max(math.min(now + for_ms, latest > 0 and latest or math.huge), now))
      return 'moved', holder
    end
    replace(holder, before, packed) -- its time is over, and it waits for a worker
    return 'replaced', holder
  end,
  replace = function(field, id, packed)
    local holder, before = holder_of(field)
    if holder and not has_begun(holder, before) then
      replace(holder, before, packed)
      return 'replaced', holder
    elseif holder then -- the next one: it begins when that one is over
      store(id, text(now + delay) .. ' ' .. packed)
      hold(id, { holder })
    else
      make(id, packed, now + delay)
    end
    take_key(field, id)
    return 'enqueued', id
  end,
}

local function enqueue(id, packed)
  local _, _, job = place_of('0 ' .. packed)
  local field = unique_field(job, extras_of('0 ' .. packed) or '')
  if field then
    return act[mode](field, id, packed)
  end
  make(id, packed, now + delay)
  return 'enqueued', id
end

-- A sender that lost the answer asks again, and is told the same.
local function answer_before(id)
  if ARGV[2] == 'own' then
    local is_known = redis.call('EXISTS', P .. 'own:' .. id) == 1 or redis.call('HEXISTS', P .. 'runs', id) == 1
    return is_known and 'duplicate' or nil, id
  end
  return string.match(redis.call('GET', P .. 'sent:' .. id) or '', '^(%S+) (%S+)$')
end

local answers = {}
for at = 7, #ARGV, 2 do
  local id, packed = ARGV[at], ARGV[at + 1]
  local outcome, stands = answer_before(id)
  if not outcome then
    outcome, stands = enqueue(id, packed)
    if ARGV[2] == 'fresh' then
      redis.call('SET', P .. 'sent:' .. id, outcome .. ' ' .. stands, 'PX', SENT_KEEP_MS)
    elseif outcome == 'enqueued' then
      local _, _, job = place_of('0 ' .. packed)
      redis.call('SET', P .. 'own:' .. id, job, 'PX', OWN_KEEP_MS)
    end
  end
  answers[#answers + 1] = outcome
  answers[#answers + 1] = stands
end
return answers
