-- save_jobs: stores what a deploy says of its jobs. The same call from many replicas changes nothing after the first.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 entries n, then n times: name, record JSON, policy revision, policy JSON, limits "<field> <limit>;...",
--       then names of jobs to remove
-- (a limit is filed under "job:NAME" or "*<template>", see _limits)
-- Answers: { "changed" or "same", names whose record was new or different }
-- include: _limit_changes
local answer = { 'same' }
local limits_changed = false

local function save_limit(field, limit)
  if redis.call('HGET', P .. 'limits', field) ~= limit then
    limits_changed = true
    if limit then
      redis.call('HSET', P .. 'limits', field, limit)
    else
      redis.call('HDEL', P .. 'limits', field)
    end
  end
end

-- Other jobs may share a template, so the limit of one that no job names any more stays.
local function save_job_limits(name, limits)
  local own = false
  for field, limit in string.gmatch(limits, '([^ ;]+) ([^;]+)') do
    if field == 'job:' .. name then
      own = limit
    else
      save_limit(field, limit)
    end
  end
  save_limit('job:' .. name, own)
end

local count = tonumber(ARGV[2])
for i = 1, count do
  local at = 3 + 5 * (i - 1)
  local name, record = ARGV[at], ARGV[at + 1]
  local before = redis.call('HGET', P .. 'jobs', name)
  redis.call('HSETNX', P .. 'policies', ARGV[at + 2], ARGV[at + 3])
  redis.call('HSETNX', P .. 'job_stats', name .. '|registered', now)
  if before ~= record then
    redis.call('HSET', P .. 'jobs', name, record)
    save_job_limits(name, ARGV[at + 4])
    answer[#answer + 1] = name
  end
end
local removed = 0
for at = 3 + 5 * count, #ARGV do
  local name = ARGV[at]
  removed = removed + redis.call('HDEL', P .. 'jobs', name)
  save_limit('job:' .. name, false)
  redis.call('HDEL', P .. 'tats', 'job:' .. name)
  for _, stat in ipairs({ 'registered', 'start', 'success', 'failure', 'streak' }) do
    redis.call('HDEL', P .. 'job_stats', name .. '|' .. stat)
  end
end
if limits_changed then
  reopen_lanes()
end
if #answer > 1 or removed > 0 then
  answer[1] = 'changed'
  redis.call('INCR', P .. 'jobs_revision')
  ring('leader')
end
return answer
