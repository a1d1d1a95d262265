-- read_jobs: how jobs and their own schedules stand, as one text: for a scrape of thousands of them, a reply of many
-- values would cost its reader more than all the rest. Changes nothing.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2.. names of jobs
-- Answers: a text per job, in order and with " \n " in between: "<registered> <start> <success> <failure> <streak> <due> <flags> <head of its stored
--   schedule>"; "-" for a number that is not there, flags are "-", "p" paused, "q" quarantined or both; the head may be empty;
--   due is there at least where it is past
local names, stats, last = {}, {}, 0
for i = 2, #ARGV do
  local name = ARGV[i]
  names[i - 1] = name
  stats[last + 1] = name .. '|registered'
  stats[last + 2] = name .. '|start'
  stats[last + 3] = name .. '|success'
  stats[last + 4] = name .. '|failure'
  stats[last + 5] = name .. '|streak'
  last = last + 5
end

-- Few schedules are past their due time, and few jobs are paused or quarantined.
local function overdue()
  if redis.call('ZCOUNT', P .. 'due', '-inf', now_text) > #names then
    return #names > 0 and redis.call('ZMSCORE', P .. 'due', unpack(names)) or {}
  end
  local scores, found = {}, redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now_text, 'WITHSCORES')
  for i = 1, #found, 2 do
    scores[found[i]] = found[i + 1]
  end
  local due = {}
  for i = 1, #names do
    due[i] = scores[names[i]]
  end
  return due
end

local function marks(key)
  return redis.call('EXISTS', P .. key) == 1 and hmget(P .. key, names) or {}
end

local known, stored, due = hmget(P .. 'job_stats', stats), hmget(P .. 'schedules', names), overdue()
local paused, quarantined = marks('paused'), marks('quarantined')
-- One list of all words and one concat: a text per job in between would be as dear as the rest.
local words, count, at = {}, 0, 0
for i = 1, #names do
  for j = 1, 5 do
    words[count + j] = known[at + j] or '-'
  end
  words[count + 6] = due[i] or '-'
  words[count + 7] = paused[i] and (quarantined[i] and 'pq' or 'p') or quarantined[i] and 'q' or '-'
  words[count + 8] = stored[i] and match(stored[i], '^%S+ %S+ %S+ ') or ''
  words[count + 9] = i < #names and '\n' or nil
  at, count = at + 5, count + 9
end
return table.concat(words, ' ')
