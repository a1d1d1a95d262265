-- append_log: adds lines to a run's log while the attempt's token holds, up to a cap.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 run id, 3 token, 4 cap bytes, 5 keep ms, 6 lines (each ended by a newline)
-- Answers: "appended" | "capped" | "fenced"
local held = string.match(redis.call('HGET', P .. 'running', ARGV[2]) or '', '^(%S+)')
if held ~= ARGV[3] then
  return 'fenced'
end
local key = P .. 'log:' .. ARGV[2]
if redis.call('STRLEN', key) + #ARGV[6] > tonumber(ARGV[4]) then
  return 'capped'
end
redis.call('APPEND', key, ARGV[6])
redis.call('PEXPIRE', key, ARGV[5])
return 'appended'
