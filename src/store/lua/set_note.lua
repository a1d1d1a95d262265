-- set_note: keeps something that a run's later attempts are to know, while the attempt's token holds.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 run id, 3 token, 4 field, 5 value, 6 most fields
-- Answers: "noted" | "fenced" | "full"
-- include: _extras
local id, field = ARGV[2], ARGV[4]
local held = string.match(redis.call('HGET', P .. 'running', id) or '', '^(%S+)')
local packed = redis.call('HGET', P .. 'runs', id)
if held ~= ARGV[3] or not packed then
  return 'fenced'
end
local key = P .. 'notes:' .. id
local count = redis.call('HLEN', key)
if count >= tonumber(ARGV[6]) and redis.call('HEXISTS', key, field) == 0 then
  return 'full'
end
allow_when_full() -- what is not noted would be done twice
redis.call('HSET', key, field, ARGV[5])
if not has_extra(packed, 'n') then
  redis.call('HSET', P .. 'runs', id, with_extra(packed, 'n', '1'))
end
return 'noted'
