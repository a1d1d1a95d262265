-- save_jobs: stores what a deploy says of its jobs. The same call from many replicas changes nothing after the first.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 entries n, then n times: name, record JSON, policy revision, policy JSON, rate "<emission ms> <burst>" or "",
--       then names of jobs to remove
-- Answers: { "changed" or "same", names whose record was new or different }
local answer = { 'same' }
local count = tonumber(ARGV[2])
for i = 1, count do
  local at = 3 + 5 * (i - 1)
  local name, record = ARGV[at], ARGV[at + 1]
  local before = redis.call('HGET', P .. 'jobs', name)
  redis.call('HSETNX', P .. 'policies', ARGV[at + 2], ARGV[at + 3])
  redis.call('HSETNX', P .. 'job_stats', name .. '|registered', now)
  if before ~= record then
    redis.call('HSET', P .. 'jobs', name, record)
    if ARGV[at + 4] == '' then
      redis.call('HDEL', P .. 'rates', name)
    else
      redis.call('HSET', P .. 'rates', name, ARGV[at + 4])
    end
    answer[#answer + 1] = name
  end
end
local removed = 0
for at = 3 + 5 * count, #ARGV do
  local name = ARGV[at]
  removed = removed + redis.call('HDEL', P .. 'jobs', name)
  redis.call('HDEL', P .. 'rates', name)
  redis.call('HDEL', P .. 'tats', name)
  for _, stat in ipairs({ 'registered', 'start', 'success', 'failure', 'streak' }) do
    redis.call('HDEL', P .. 'job_stats', name .. '|' .. stat)
  end
end
if #answer > 1 or removed > 0 then
  answer[1] = 'changed'
  redis.call('INCR', P .. 'jobs_revision')
  ring('leader')
end
return answer
