-- enqueue: nothing -> ready or waiting. Takes many runs of several jobs in one call.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 "fresh" or "own" (ids of the caller's: one that was used before changes nothing),
--       3.. groups: queue, lane "<priority>:<job>", delay ms, head of a packed run, first id, n, then n payloads.
--       With n > 1 the last eight characters of an id count on from the first id's, in hexadecimal.
-- Answers: { ids that were known already }
-- include: _starts
-- A sender that lost the answer tries again for a few seconds at most, with the same first id, and that changes nothing
-- more. An own id is remembered for as long as history is by default.
local SENT_KEEP_MS, OWN_KEEP_MS = '15000', '604800000'

local function is_known(first, lane)
  if ARGV[2] == 'own' then
    local job = string.match(lane, '^%d:([^|]+)')
    return not redis.call('SET', P .. 'own:' .. first, job, 'NX', 'PX', OWN_KEEP_MS)
      or redis.call('HEXISTS', P .. 'runs', first) == 1
  end
  return not redis.call('SET', P .. 'sent:' .. first, '1', 'NX', 'PX', SENT_KEEP_MS)
end

local function count_ids(first, count)
  if count == 1 then
    return { first }
  end
  local stem, number, ids = string.sub(first, 1, -9), tonumber(string.sub(first, -8), 16), {}
  for i = 1, count do
    ids[i] = stem .. string.format('%08x', number + i - 1)
  end
  return ids
end

local duplicates = {}
local at = 3
while ARGV[at] do
  local queue, lane, delay, head = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local ids = count_ids(ARGV[at + 4], tonumber(ARGV[at + 5]))
  if is_known(ids[1], lane) then
    for i = 1, #ids do
      duplicates[#duplicates + 1] = ids[i]
    end
  else
    local start, runs = text(now + delay) .. ' ' .. head, {}
    local has_extras = string.find(head, '^%S+ %S+ %d%+')
    for i = 1, #ids do
      runs[2 * i - 1] = ids[i]
      runs[2 * i] = start .. ARGV[at + 5 + i]
      if has_extras then
        watch_bounds(ids[i], runs[2 * i])
      end
    end
    redis.call('SADD', P .. 'queues', queue)
    put_in_table('HSET', P .. 'runs', runs)
    if delay > 0 then
      for _, id in ipairs(ids) do
        delay_run(queue, now + delay, id)
      end
    else
      push_ready(queue, lane, ids)
    end
  end
  at = at + 6 + #ids
end
return duplicates
