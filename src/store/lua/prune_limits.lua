-- prune_limits: forgets the spent rates and holds of keys whose time has passed, and puts limits of templates right that
-- no job names any more or that another job has left behind.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 jobs revision that the limits were read at, 4 keys n, then n keys,
--       then pairs: field of `limits`, limit, or "" to remove it (what was only there for a hold goes if there is none)
-- Answers: { keys forgotten, limits put right } | "fenced"
-- include: _leader _limit_changes
if is_fenced() then
  return 'fenced'
end
allow_when_full()
local count = tonumber(ARGV[4])
local names, gone = {}, {}
for i = 1, count do
  names[i] = ARGV[4 + i]
end
for i, stored in ipairs(hmget(P .. 'tats', names)) do
  local ms, fraction, held = string.match(stored or '', '^(%S+) (%S+) ?(%d*)')
  if ms and tonumber(ms) + tonumber(fraction) <= now and (tonumber(held) or 0) <= now then
    gone[#gone + 1] = names[i]
  end
end
call_with('HDEL', P .. 'tats', gone)

local function put_right(field, limit)
  local present = redis.call('HGET', P .. 'limits', field)
  if limit ~= '' then
    return present ~= limit and redis.call('HSET', P .. 'limits', field, limit) + 1 or 0
  end
  local is_needed = string.sub(field, 1, 1) ~= '*'
    and (present ~= OPEN_LIMIT or redis.call('HEXISTS', P .. 'tats', (string.gsub(field, '^=', ''))) == 1)
  return is_needed and 0 or redis.call('HDEL', P .. 'limits', field)
end

local changed = 0
if (redis.call('GET', P .. 'jobs_revision') or '0') == ARGV[3] then
  for at = 5 + count, #ARGV, 2 do
    changed = changed + put_right(ARGV[at], ARGV[at + 1])
  end
end
if changed > 0 then
  reopen_lanes()
end
return { #gone, changed }
