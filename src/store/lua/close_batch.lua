-- close_batch: open -> closed, or open | closed -> cancelled; done, with its callbacks, when all its runs are over.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 batch, 3 "closed" or "cancelled"
-- Answers: "gone" | its state after this
-- include: _ends _batches
local key = P .. 'batch:' .. ARGV[2]
local state = redis.call('HGET', key, 'state')
if not state then
  return 'gone'
end
if state == 'open' or (state == 'closed' and ARGV[3] == 'cancelled') then
  redis.call('HSET', key, 'state', ARGV[3])
  end_if_over(ARGV[2])
end
return redis.call('HGET', key, 'state')
