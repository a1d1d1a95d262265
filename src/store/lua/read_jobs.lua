-- read_jobs: how jobs and their own schedules stand, as one text: for a scrape of thousands of them, a reply of many
-- values would cost its reader more than all the rest. Changes nothing.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2.. names of jobs
-- Answers: a line per job, in order: "<registered> <start> <success> <failure> <streak> <due> <flags> <head of its stored
--   schedule>"; "-" for a number that is not there, flags are "-", "p" paused, "q" quarantined or both; the head may be empty
local names, stats = {}, {}
for i = 2, #ARGV do
  local name = ARGV[i]
  names[#names + 1] = name
  for _, stat in ipairs({ '|registered', '|start', '|success', '|failure', '|streak' }) do
    stats[#stats + 1] = name .. stat
  end
end
local known, stored = hmget(P .. 'job_stats', stats), hmget(P .. 'schedules', names)
local paused, quarantined = hmget(P .. 'paused', names), hmget(P .. 'quarantined', names)
local due = #names > 0 and redis.call('ZMSCORE', P .. 'due', unpack(names)) or {}
local lines = {}
for i = 1, #names do
  local at = 5 * (i - 1)
  local flags = (paused[i] and 'p' or '') .. (quarantined[i] and 'q' or '')
  lines[i] = table.concat({
    known[at + 1] or '-',
    known[at + 2] or '-',
    known[at + 3] or '-',
    known[at + 4] or '-',
    known[at + 5] or '-',
    due[i] or '-',
    flags == '' and '-' or flags,
    stored[i] and string.match(stored[i], '^%S+ %S+ %S+ ') or '',
  }, ' ')
end
return table.concat(lines, '\n')
