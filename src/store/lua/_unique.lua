-- _unique: who has a key. Used by enqueue_unique, redrive, fire and trigger.
-- include: _starts _extras
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- `unique`: "<job>|<key>" -> "<run> <until ms, 0 for its end> <latest start ms of a debounced run, 0 for none>".
-- A holder is looked at each time, so a key is free as soon as its run is gone, whatever way it went.
local function holder_of(field)
  local id, till, latest = string.match(redis.call('HGET', P .. 'unique', field) or '', '^(%S+) (%d+) (%d+)$')
  local packed = id and redis.call('HGET', P .. 'runs', id)
  if not packed or (till ~= '0' and tonumber(till) <= now) then
    return nil
  end
  local _, _, job = place_of(packed)
  if unique_field(job, extras_of(packed) or '') ~= field then
    return nil
  end
  return id, packed, tonumber(latest)
end

local function take_key(field, id, till, latest)
  redis.call('HSET', P .. 'unique', field, id .. ' ' .. text(till or 0) .. ' ' .. text(latest or 0))
end

-- Whoever runs it again by hand wants it to start, so an instant that it had to start by counts no more (`a`); it stays, as
-- the signature covers it. How often it was put off is forgotten.
local function without_deadline(packed)
  packed = without_extras(packed, 'z')
  if has_extra(packed, 'd') and not has_extra(packed, 'a') then
    return with_extra(packed, 'a', '1')
  end
  return packed
end

-- A run that comes back by hand takes its key again where the key is for the time until it ends (unique, replace).
-- Answers the run that has it, and takes nothing then.
local function retake_key(id, job, extras)
  local field, mode = unique_field(job, extras)
  if not field or (mode ~= 'u' and mode ~= 'r') then
    return nil
  end
  local holder = holder_of(field)
  if not holder then
    take_key(field, id)
  end
  return holder
end
