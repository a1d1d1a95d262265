-- cancel: waiting | ready | retrying -> cancelled at once; a running attempt is marked and its worker told.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 run id, 5 body JSON kept with the run
-- Answers: { "cancelled" } | { "running", worker, token } | { "gone" }
-- include: _settle
allow_when_full()
local id = ARGV[4]
local packed = redis.call('HGET', P .. 'runs', id)
if not packed then
  return { 'gone' }
end
local token, worker = string.match(redis.call('HGET', P .. 'running', id) or '', '^(%S+) (%S+)')
if token then
  redis.call('HSET', P .. 'cancels', id, '1')
  return { 'running', worker, token }
end
local queue, lane = place_of(packed)
redis.call('ZREM', P .. 'delayed:' .. queue, id)
if redis.call('LLEN', lane_key(queue, lane)) <= 10000 then -- in a longer lane the id stays, and the claim drops it
  redis.call('LREM', lane_key(queue, lane), 1, id)
end
finish({ ids = { id }, outcomes = { 'cancelled' }, details = { 'logs' }, bodies = { ARGV[5] }, holders = { '- 0' } },
  { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) })
return { 'cancelled' }
