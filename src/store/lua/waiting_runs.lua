-- waiting_runs: which of some runs wait for their first attempt. Changes nothing.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2.. run ids
-- Answers: a text with one character per id: "1" it waits, "0" it has started, is over or was never there
local flags = {}
for i = 2, #ARGV do
  local packed = redis.call('HGET', P .. 'runs', ARGV[i])
  local attempts = packed and string.match(packed, '^%S+ %S+ %S+ %S+ %S+ (%d+)')
  local waits = attempts == '0' and redis.call('HEXISTS', P .. 'running', ARGV[i]) == 0
  flags[i - 1] = waits and '1' or '0'
end
return table.concat(flags)
