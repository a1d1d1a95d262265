-- pause_queue: nothing of a queue starts from now on; what runs goes on.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 queue, 3 note JSON, 4 when it goes on by itself, ms, or ""
-- Answers: "paused" | "changed" (it was paused already: the note is new)
local queue = ARGV[2]
local is_new = redis.call('SADD', P .. 'paused_queues', queue) == 1
redis.call('HSET', P .. 'queue_pauses', queue, ARGV[3])
if ARGV[4] == '' then
  redis.call('ZREM', P .. 'pause_ends', queue)
else
  redis.call('ZADD', P .. 'pause_ends', ARGV[4], queue)
end
return is_new and 'paused' or 'changed'
