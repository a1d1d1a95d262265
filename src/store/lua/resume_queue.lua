-- resume_queue: lets the runs of a queue start again, or those of every queue whose pause is over.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 queue, or "" for those whose pause is over
-- Answers: { queues that were paused and are not any more }
allow_when_full()
local queues = { ARGV[2] }
if ARGV[2] == '' then
  queues = redis.call('ZRANGEBYSCORE', P .. 'pause_ends', '-inf', now, 'LIMIT', 0, 100)
end
local resumed = {}
for _, queue in ipairs(queues) do
  redis.call('HDEL', P .. 'queue_pauses', queue)
  redis.call('ZREM', P .. 'pause_ends', queue)
  if redis.call('SREM', P .. 'paused_queues', queue) == 1 then
    resumed[#resumed + 1] = queue
    ring('queue:' .. queue)
  end
end
return resumed
