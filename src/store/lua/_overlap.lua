-- _overlap: makes a run of a schedule whose other runs live. Used by fire and trigger; needs _live, _holds and _settle.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- Ends the runs that nobody works on, and asks the others to stop (`cancel`: their workers learn of it when they renew) or
-- takes them from their workers (`terminate`: the token holds no more). Answers those that still live.
local function stop_runs(how, live, successor, keep)
  local holders, packed = hmget(P .. 'running', live), hmget(P .. 'runs', live)
  local final = { ids = {}, outcomes = {}, details = {}, bodies = {}, holders = {} }
  local left, taken = {}, {}
  local body = explain('made way for ' .. successor)
  for i = #live, 1, -1 do -- newest first, so that a held run is gone before those that it waits for
    local id = live[i]
    local worker_since = string.match(holders[i] or '', '^%S+ (%S+ %S+)')
    if worker_since and how == 'cancel' then
      redis.call('HSET', P .. 'cancels', id, '1')
      table.insert(left, 1, id)
    else
      local n = #final.ids + 1
      final.ids[n], final.outcomes[n], final.details[n], final.bodies[n] = id, 'cancelled', 'logs', body
      final.holders[n] = worker_since or '- 0'
      if worker_since then
        redis.call('HDEL', P .. 'running', id)
        redis.call('ZREM', P .. 'leases', id)
        taken[#taken + 1] = packed[i]
      else
        withdraw(id, packed[i])
      end
    end
  end
  if #final.ids > 0 then
    free_slots(taken)
    finish(final, keep)
  end
  return left
end

-- `how`: "ready" | "hold" | "cancel" | "terminate" (see Fire in core/tick). `live` are the runs that live now, whatever
-- the plan has seen. Answers those that the new run is held behind.
local function begin_run(how, run, packed, live, keep)
  if how == 'cancel' or how == 'terminate' then
    live = stop_runs(how, live, run, keep)
  elseif how == 'ready' then
    live = {}
  end
  local queue, lane = place_of(packed)
  redis.call('SADD', P .. 'queues', queue)
  redis.call('HSET', P .. 'runs', run, packed)
  watch_bounds(run, packed)
  if #live > 0 then
    hold(run, live)
  else
    push_ready(queue, lane, { run })
  end
  return live
end
