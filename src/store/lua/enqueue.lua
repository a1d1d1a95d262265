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

local function is_own_known(id, lane)
  local job = string.match(lane, '^%d:([^|]+)')
  return not redis.call('SET', P .. 'own:' .. id, job, 'NX', 'PX', OWN_KEEP_MS)
    or redis.call('HEXISTS', P .. 'runs', id) == 1
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

-- All groups are sent again together, so that the first tells of all. An own id is remembered by itself.
local was_sent = ARGV[2] == 'fresh' and ARGV[7] and not redis.call('SET', P .. 'sent:' .. ARGV[7], '1', 'NX', 'PX', SENT_KEEP_MS)

local duplicates, runs, opened = {}, {}, {}
local at = 3
while ARGV[at] do
  local queue, lane, delay, head = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local ids = count_ids(ARGV[at + 4], tonumber(ARGV[at + 5]))
  if was_sent or (ARGV[2] == 'own' and is_own_known(ids[1], lane)) then
    for i = 1, #ids do
      duplicates[#duplicates + 1] = ids[i]
    end
  else
    local start, before = text(now + delay) .. ' ' .. head, #runs
    local has_extras = string.find(head, '^%S+ %S+ %d%+')
    for i = 1, #ids do
      runs[before + 2 * i - 1] = ids[i]
      runs[before + 2 * i] = start .. ARGV[at + 5 + i]
      if has_extras then
        watch_bounds(ids[i], runs[before + 2 * i])
      end
    end
    opened[queue] = opened[queue] or {}
    if delay > 0 then
      for _, id in ipairs(ids) do
        delay_run(queue, now + delay, id)
      end
    else
      call_with('RPUSH', lane_key(queue, lane), ids)
      local turns = opened[queue]
      turns[#turns + 1] = text(turn(lane, now * 1000))
      turns[#turns + 1] = lane
    end
  end
  at = at + 6 + #ids
end
put_in_table('HSET', P .. 'runs', runs)
for queue, turns in pairs(opened) do
  redis.call('SADD', P .. 'queues', queue)
  open_lanes(queue, turns)
end
return duplicates
