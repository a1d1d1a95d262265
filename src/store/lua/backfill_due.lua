-- backfill_due: reads the backfills that may release fire times now, and what a plan needs to know of their schedules.
-- Changes nothing but entries of due times that no backfill stands behind.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit
-- Answers: { now, jobs revision, next due ms or "", freezes JSON or "",
--            id, stored backfill, head of the stored schedule or "" where it is gone, live runs of the schedule, id, ... }
-- include: _live
local ids = redis.call('ZRANGEBYSCORE', P .. 'backfill_due', '-inf', now, 'LIMIT', 0, ARGV[2])
local values = hmget(P .. 'backfills', ids)
local following = redis.call('ZRANGEBYSCORE', P .. 'backfill_due', '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = {
  now,
  redis.call('GET', P .. 'jobs_revision') or '0',
  following[2] or '',
  redis.call('GET', P .. 'freezes') or '',
}
for i = 1, #ids do
  if values[i] then
    local schedule = string.match(values[i], '^%S+ %S+ {"schedule":"([^"]+)"') or ''
    local value = redis.call('HGET', P .. 'schedules', schedule) or ''
    local _, last, others = string.match(value, HEAD)
    local live = others and #split(live_runs(schedule, last, others)) or 0
    local at = #answer
    answer[at + 1] = ids[i]
    answer[at + 2] = values[i]
    answer[at + 3] = string.match(value, '^%S+ %S+ %S+ %S+ ') or ''
    answer[at + 4] = text(live)
  else
    redis.call('ZREM', P .. 'backfill_due', ids[i])
  end
end
return answer
