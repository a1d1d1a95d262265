-- trigger: makes a run of a schedule by hand, noted in the schedule so that its overlap policy counts it.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 schedule, 3 "skip" (refuse while a run of the schedule lives) or "allow", 4 queue, 5 lane, 6 run id,
--       7 packed run without its fire time
-- Answers: { "triggered" } | { "overlap", id of the live run } | { "gone" }
local value = redis.call('HGET', P .. 'schedules', ARGV[2])
if not value then
  return { 'gone' }
end
local revision, next_time, last, manual, rule = string.match(value, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
if not rule then -- damaged: the leader will take it out
  return { 'gone' }
end
local live = {}
for id in string.gmatch(manual, '[^,]+') do
  if id ~= '-' and redis.call('HEXISTS', P .. 'runs', id) == 1 then
    live[#live + 1] = id
  end
end
if ARGV[3] == 'skip' then
  local scheduled = ARGV[2] .. '@' .. last
  if redis.call('HEXISTS', P .. 'runs', scheduled) == 1 then
    return { 'overlap', scheduled }
  elseif live[1] then
    return { 'overlap', live[1] }
  end
end
live[#live + 1] = ARGV[6]
redis.call('HSET', P .. 'schedules', ARGV[2], table.concat({ revision, next_time, last, table.concat(live, ','), rule }, ' '))
redis.call('SADD', P .. 'queues', ARGV[4])
redis.call('HSET', P .. 'runs', ARGV[6], now_text .. ' ' .. ARGV[7])
push_ready(ARGV[4], ARGV[5], { ARGV[6] })
return { 'triggered' }
