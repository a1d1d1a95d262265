-- bulk_again: one slice of a bulk operation that runs finished runs again. Each is run again once: the operation remembers
-- which it has met, as a history moves on while it is read.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2..9 see _bulk, 10.. triples: id, id of the new run, packed new run without its fire time
-- Answers: "fenced" | "stale" | the new stored value
-- include: _leader _bulk _unique
local KEEP_MS = 604800000
local refused = refusal()
if refused then
  return refused
end
local done, failed, seen = 0, 0, P .. 'bulk_seen:' .. ARGV[5]
for i = 10, #ARGV, 3 do
  if redis.call('SADD', seen, ARGV[i]) == 1 then
    local packed = now_text .. ' ' .. ARGV[i + 2]
    local queue, lane, job = place_of(packed)
    if retake_key(ARGV[i + 1], job, extras_of(packed) or '') then
      failed = failed + 1 -- another run has its unique key
    else
      redis.call('SADD', P .. 'queues', queue)
      redis.call('HSET', P .. 'runs', ARGV[i + 1], packed)
      watch_bounds(ARGV[i + 1], packed)
      push_ready(queue, lane, { ARGV[i + 1] })
      done = done + 1
    end
  end
end
redis.call('PEXPIRE', seen, KEEP_MS)
return commit(done, failed)
