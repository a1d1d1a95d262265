-- due_schedules: reads the schedules that are due, and what a plan needs to know of them. Changes nothing but entries of
-- due times that no schedule stands behind.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 limit
-- Answers: { now, jobs revision, next due ms or "", freezes JSON or "", id, stored schedule, facts, id, ... }
--   facts: "" for a schedule without any, else "<live ids with commas, or -> <held> <dead letters in a row> <pause note JSON>"
-- include: _live
local ids = redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, ARGV[2])
local values = hmget(P .. 'schedules', ids)
local following = redis.call('ZRANGEBYSCORE', P .. 'due', '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local answer = {
  now,
  redis.call('GET', P .. 'jobs_revision') or '0',
  following[2] or '',
  redis.call('GET', P .. 'freezes') or '',
}
-- What hardly ever is: asked for once for all of them.
local failures = redis.call('EXISTS', P .. 'failing') == 1 and hmget(P .. 'failing', ids) or {}
local may_hold = redis.call('EXISTS', P .. 'holds') == 1

-- The newest scheduled runs, asked for at once: few of them live when the next fire time is due.
local heads, newest = {}, {}
for i = 1, #ids do
  local paused, last, others = match(values[i] or '', HEAD)
  heads[i] = { paused = paused, others = others }
  newest[i] = last and last ~= '-' and ids[i] .. '@' .. last or '-'
end
local lives = hmget(P .. 'runs', newest)

local function facts_of(i, paused, others)
  local live = live_with(lives[i] and newest[i] or nil, others)
  if live == '' and paused == '' and not failures[i] then
    return ''
  end
  local held = may_hold and live ~= '' and count_held(split(live)) or 0
  local note = paused == 'p' and redis.call('HGET', P .. 'paused', ids[i]) or ''
  return (live == '' and '-' or live) .. ' ' .. held .. ' ' .. (failures[i] or '0') .. ' ' .. note
end

for i = 1, #ids do
  if values[i] then
    local paused, others = heads[i].paused, heads[i].others
    local at = #answer
    answer[at + 1] = ids[i]
    answer[at + 2] = values[i]
    answer[at + 3] = others and facts_of(i, paused, others) or '' -- a damaged one is read too: the ticker takes it out
  else
    redis.call('ZREM', P .. 'due', ids[i])
  end
end
return answer
