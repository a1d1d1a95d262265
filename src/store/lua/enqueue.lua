-- enqueue: nothing -> ready or waiting. Takes many runs of several jobs in one call.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 "check" (an id that is known already changes nothing: for own ids and for a call sent again) or "fresh",
--       3.. groups: queue, lane "<priority>:<job>", delay ms, head of a packed run, first id, n, then n payloads.
--       With n > 1 the last eight characters of an id count on from the first id's, in hexadecimal.
-- Answers: { ids that were known already }
local function known(ids)
  if ARGV[2] ~= 'check' then
    return {}
  end
  local live, done, seen = hmget(P .. 'runs', ids), hmget(P .. 'done', ids), {}
  for i = 1, #ids do
    seen[i] = live[i] or done[i]
  end
  return seen
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
  local seen = known(ids)
  local start = text(now + delay) .. ' ' .. head
  local runs, fresh = {}, {}
  for i = 1, #ids do
    if seen[i] then
      duplicates[#duplicates + 1] = ids[i]
    else
      local n = #fresh + 1
      fresh[n] = ids[i]
      runs[2 * n - 1] = ids[i]
      runs[2 * n] = start .. ARGV[at + 5 + i]
    end
  end
  if #fresh > 0 then
    redis.call('SADD', P .. 'queues', queue)
    call_with('HSET', P .. 'runs', runs)
    if delay > 0 then
      for _, id in ipairs(fresh) do
        delay_run(queue, now + delay, id)
      end
    else
      push_ready(queue, lane, fresh)
    end
  end
  at = at + 6 + #ids
end
return duplicates
