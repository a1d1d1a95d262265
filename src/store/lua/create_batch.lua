-- create_batch: nothing -> open. Forgets batches that were done long ago.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 batch, 3 keep ms of those that are done, 4.. field and value of each field (see _batches)
-- Answers: "created" | "known"
-- include: _ends _batches
local id = ARGV[2]
local key = P .. 'batch:' .. id
if redis.call('EXISTS', key) == 1 then
  return 'known'
end
for _, old in ipairs(redis.call('ZRANGEBYSCORE', P .. 'batches_done', '-inf', now - tonumber(ARGV[3]), 'LIMIT', 0, 20)) do
  forget_batch(old)
end
redis.call('HSET', key, 'state', 'open', 'at', now_text, 'total', '0', 'succeeded', '0', 'dead', '0', 'cancelled', '0')
for at = 4, #ARGV, 2 do
  redis.call('HSET', key, ARGV[at], ARGV[at + 1])
end
redis.call('ZADD', P .. 'batches', now, id)
return 'created'
