-- bulk_due: reads the bulk operations whose next slice may begin, and when a pause of a queue ends.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit
-- Answers: { now, run id of this Redis as the leader knows it, next due ms or "", next end of a pause ms or "",
--            id, stored value, id, ... }
local ids = redis.call('ZRANGEBYSCORE', P .. 'bulk_due', '-inf', now, 'LIMIT', 0, ARGV[2])
local following = redis.call('ZRANGEBYSCORE', P .. 'bulk_due', '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = {
  now,
  redis.call('HGET', P .. 'leader', 'primary') or '-',
  following[2] or '',
  redis.call('ZRANGE', P .. 'pause_ends', 0, 0, 'WITHSCORES')[2] or '',
}
for i, value in ipairs(hmget(P .. 'bulks', ids)) do
  answer[#answer + 1] = ids[i]
  answer[#answer + 1] = value or ''
end
return answer
