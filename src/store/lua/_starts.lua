-- _starts: until when a run may start and must be over, and what becomes free when it ends: its key, its place among those
-- that are watched.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

local function raw_extra(extras, letter)
  return string.match(';' .. extras, ';' .. letter .. '=([^;]*)')
end

-- The last instant at which an attempt may start, and the one at which the run must be over: an instant (d), or ms after the
-- fire time (w, x). math.huge for none. An instant counts no more for a run that was made again by hand (a).
local function bounds_of(packed, extras)
  local fire_time = tonumber(string.match(packed, '^(%S+)'))
  local at = not raw_extra(extras, 'a') and raw_extra(extras, 'd')
  local within, expiry = raw_extra(extras, 'w'), raw_extra(extras, 'x')
  local start_by = math.min(at and tonumber(at) or math.huge, within and fire_time + tonumber(within) or math.huge)
  return start_by, expiry and fire_time + tonumber(expiry) or math.huge
end

local function is_expired(packed)
  local extras = extras_of(packed)
  if not extras then
    return false
  end
  local start_by, end_by = bounds_of(packed, extras)
  return math.min(start_by, end_by) < now
end

-- Of a run that ends, or that cannot start any more.
local function expiry_body(packed)
  local _, end_by = bounds_of(packed, extras_of(packed) or '')
  local message = end_by < now and 'it was not over in the time that it had' or 'its deadline passed before it could start'
  return cjson.encode({ error = { name = 'Expired', message = message } })
end

-- `deadlines`: ids by the instant at which the leader looks at them: nobody else may ever see a run that nobody claims.
local function watch_bounds(id, packed)
  local extras = extras_of(packed)
  if extras and string.find(';' .. extras, ';[dwx]=') then
    local at = math.min(bounds_of(packed, extras))
    if at < math.huge then
      redis.call('ZADD', P .. 'deadlines', text(at), id)
    end
  end
end

-- "<job>|<key>" and the first letter of the mode, of a run that has a key.
local function unique_field(job, extras)
  local mode, key = string.match(';' .. extras, ';u=(%a)([^;]*)')
  return key and job .. '|' .. key, mode
end

-- The run has ended, whatever way.
local function forget_start(id, job, extras)
  local field = unique_field(job, extras)
  if field and string.match(redis.call('HGET', P .. 'unique', field) or '', '^(%S+)') == id then
    redis.call('HDEL', P .. 'unique', field)
  end
  if string.find(';' .. extras, ';[dwx]=') then
    redis.call('ZREM', P .. 'deadlines', id)
  end
end
