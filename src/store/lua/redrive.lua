-- redrive: makes a new run from a finished one; a dead letter leaves the dead letters and goes to the history.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 finished run id, 5 new run id
-- Answers: { "redriven", queue } | { "gone" }
-- include: _settle
local record = redis.call('HGET', P .. 'done', ARGV[4])
if not record then
  return { 'gone' }
end
local from, length = string.match(record, '^%S+ %S+ %S+ %S+ %S+ (%d+) ()')
local packed = string.sub(record, length + tonumber(from))
local queue, lane, job = place_of(packed)
local policy, payload = string.match(packed, '^%S+ %S+ %S+ %S+ (%S+) %d+ %d+ %d+ (.*)$')
redis.call('HSET', P .. 'runs', ARGV[5],
  table.concat({ now_text, job, queue, string.sub(lane, 1, 1), policy, '0 0 0', payload }, ' '))
push_ready(queue, lane, { ARGV[5] })
if redis.call('ZREM', P .. 'dead', ARGV[4]) == 1 then
  keep_history(job, { ARGV[4] }, #record, { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) })
end
return { 'redriven', queue }
