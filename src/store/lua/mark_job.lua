-- mark_job: notes a success of a job without a run: its last success is now, and no failure counts any more.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 job
-- Answers: "marked" | "gone" (no such job)
local job = ARGV[2]
if redis.call('HEXISTS', P .. 'jobs', job) == 0 then
  return 'gone'
end
redis.call('HSET', P .. 'job_stats', job .. '|success', now_text, job .. '|streak', '0')
redis.call('HDEL', P .. 'failing', job)
return 'marked'
