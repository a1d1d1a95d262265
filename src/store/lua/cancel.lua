-- cancel: waiting | ready | retrying -> cancelled at once; a running attempt is marked and its worker told.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 run id, 5 body JSON kept with the run
-- Answers: { "cancelled" } | { "running", worker, token } | { "gone" }
-- include: _limits _holds _settle
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
withdraw(id, packed)
finish({ ids = { id }, outcomes = { 'cancelled' }, details = { 'logs' }, bodies = { ARGV[5] }, holders = { '- 0' } },
  { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) })
return { 'cancelled' }
