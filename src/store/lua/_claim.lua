-- _claim: hands ready runs to a worker. Used by claim and, after settling, by settle.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: { now, first token, "more" or "", id, packed run, id, packed run, ... }; run i has token first + i.

-- GCRA (ITU-T I.371): "tat" is the theoretical arrival time of the next start. A rate is stored as
-- "<emission ms> <burst>", chosen in core so that burst + period / emission never exceeds the count in any window.
-- A tat is stored as "<ms> <fraction>" and counted from now: an epoch in ms leaves a double no room for small fractions.
local RATE_TOLERANCE_MS = 1e-6

local function allowance(job, want)
  local rate = redis.call('HGET', P .. 'rates', job)
  if not rate then
    return want
  end
  local emission, burst = string.match(rate, '^(%S+) (%S+)$')
  emission, burst = tonumber(emission), tonumber(burst)
  local ms, fraction = string.match(redis.call('HGET', P .. 'tats', job) or '0 0', '^(%S+) (%S+)$')
  local lead = math.max(tonumber(ms) - now + tonumber(fraction), 0)
  local free = math.floor((emission * burst - lead + RATE_TOLERANCE_MS) / emission)
  local wake_at = now + math.ceil(lead + emission - emission * burst - RATE_TOLERANCE_MS / 2)
  return math.max(0, math.min(want, free)), wake_at, lead, emission
end

local function spend(job, count, lead, emission)
  if lead then
    local after = lead + count * emission
    redis.call('HSET', P .. 'tats', job, string.format('%d %.9f', now + math.floor(after), after % 1))
  end
end

local function park(queue, lane, wake_at)
  redis.call('ZREM', P .. 'ready:' .. queue, lane)
  redis.call('ZADD', P .. 'parked:' .. queue, wake_at, lane)
  ring('leader')
end

local function take_from_lane(queue, lane, want, taken)
  local job = string.sub(lane, 3)
  local allowed, wake_at, lead, emission = allowance(job, want)
  if allowed == 0 then
    park(queue, lane, wake_at)
    return 0
  end
  local key = lane_key(queue, lane)
  local ids = redis.call('LPOP', key, allowed) or {}
  for i = 1, #ids do
    taken[#taken + 1] = ids[i]
  end
  redis.call('HSET', P .. 'job_stats', job .. '|start', now_text)
  spend(job, #ids, lead, emission)
  if #ids < allowed or redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', P .. 'ready:' .. queue, lane)
  else
    redis.call('ZADD', P .. 'ready:' .. queue, turn(lane), lane)
  end
  return #ids
end

-- Takes up to `want` ids from one queue, most urgent lane first; a lane whose job the worker has no code for stays.
local function take_from_queue(queue, code, want, taken)
  local skipped = 0
  while want > 0 do
    local lane = redis.call('ZRANGE', P .. 'ready:' .. queue, skipped, skipped)[1]
    if not lane then
      return want
    end
    if redis.call('SISMEMBER', code, string.sub(lane, 3)) == 0 then
      skipped = skipped + 1
    else
      want = want - take_from_lane(queue, lane, want, taken)
    end
  end
  return want
end

-- A holder's text is padded past hash-max-listpack-value (64 bytes), so that `running` is a hash table from its first
-- entry on: as a listpack each look-up would walk up to 512 entries.
local function holder_suffix(worker)
  return ' ' .. worker .. ' ' .. now_text .. HOLDER_PAD
end

-- Tokens follow the time, a thousand to the millisecond, so that they grow even over a failover that lost the last ones:
-- a stale worker's token is never handed out again.
local function next_token(count)
  local token = math.max(tonumber(redis.call('GET', P .. 'tokens') or '0'), now * 1000)
  redis.call('SET', P .. 'tokens', text(token + count))
  return token
end

-- An id can be left in a lane by a cancel; it is dropped here, and so is one that is running or taken already.
local function lease(worker, lease_ms, taken, answer)
  local packed = hmget(P .. 'runs', taken)
  local running = hmget(P .. 'running', taken)
  local token = next_token(#taken)
  answer[2] = token
  local holders, leases, count, seen = {}, {}, 0, {}
  local suffix, expiry = holder_suffix(worker), text(now + lease_ms)
  for i = 1, #taken do
    local id = taken[i]
    if packed[i] and not running[i] and not seen[id] then
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
    call_with('HSET', P .. 'running', holders)
    call_with('ZADD', P .. 'leases', leases)
  end
  return count
end

local function claim(from)
  local worker, lease_ms, want = ARGV[from], tonumber(ARGV[from + 1]), tonumber(ARGV[from + 2])
  local code = P .. 'code:' .. ARGV[from + 3]
  local answer, taken, left = { now, 0, '' }, {}, want
  for i = from + 4, #ARGV do
    promote(ARGV[i], 100)
    left = take_from_queue(ARGV[i], code, left, taken)
    if left == 0 then
      ring('queue:' .. ARGV[i]) -- there may be more: the next idle worker looks
      break
    end
  end
  if #taken > 0 then
    local leased = lease(worker, lease_ms, taken, answer)
    if left == 0 or leased < #taken then
      answer[3] = 'more'
    end
  end
  return answer
end
