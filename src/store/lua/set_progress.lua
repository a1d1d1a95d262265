-- set_progress: notes how far a run is, while the attempt's token holds.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 run id, 3 token, 4 fraction
-- Answers: "set" | "fenced"
local held = string.match(redis.call('HGET', P .. 'running', ARGV[2]) or '', '^(%S+)')
if held ~= ARGV[3] then
  return 'fenced'
end
redis.call('HSET', P .. 'progress', ARGV[2], ARGV[4])
return 'set'
