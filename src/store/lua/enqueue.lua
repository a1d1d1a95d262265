-- enqueue: nothing -> ready or waiting. Takes many runs of several jobs in one call.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 "check" (an id that is known already changes nothing: for own ids and for a call sent again) or "fresh",
--       3.. groups: queue, lane "<priority>:<job>", delay ms, n, then n times: id, packed run without its fire time
-- Answers: { ids that were known already }
local function known(ids)
  if ARGV[2] ~= 'check' then
    return {}
  end
  local live, done, seen, named = hmget(P .. 'runs', ids), hmget(P .. 'done', ids), {}, {}
  for i = 1, #ids do
    seen[i] = live[i] or done[i] or named[ids[i]]
    named[ids[i]] = true
  end
  return seen
end

local duplicates = {}
local at = 3
while ARGV[at] do
  local queue, lane, delay, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local ids = {}
  for i = 1, count do
    ids[i] = ARGV[at + 2 + 2 * i]
  end
  local seen = known(ids)
  local fire_time = (now + delay) .. ' '
  local runs, fresh = {}, {}
  for i = 1, count do
    if seen[i] then
      duplicates[#duplicates + 1] = ids[i]
    else
      fresh[#fresh + 1] = ids[i]
      runs[#runs + 1] = ids[i]
      runs[#runs + 1] = fire_time .. ARGV[at + 3 + 2 * i]
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
  at = at + 4 + 2 * count
end
return duplicates
