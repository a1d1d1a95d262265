-- redrive: makes a new run from a dead letter, which goes to the history.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 id of the dead letter, 5 new run id
-- Answers: "redriven" | "gone"
-- include: _limits _holds _settle
local record = redis.call('HGET', P .. 'letters', ARGV[4])
if not record then
  return 'gone'
end
local length, from = string.match(record, '^%S+ %S+ %S+ %S+ %S+ %S+ (%d+) ()')
local packed = string.sub(record, from + tonumber(length))
local queue, lane, job = place_of(packed)
local place, policy, rest = string.match(packed, '^%S+ %S+ %S+ (%S+) (%S+) %d+ %d+ %d+ (.*)$')
redis.call('HSET', P .. 'runs', ARGV[5], table.concat({ now_text, job, queue, place, policy, '0 0 0', rest }, ' '))
push_ready(queue, lane, { ARGV[5] })
redis.call('ZREM', P .. 'dead', ARGV[4])
redis.call('HDEL', P .. 'letters', ARGV[4])
keep_history(job, { record }, #record, { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) })
return 'redriven'
