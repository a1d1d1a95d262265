-- hold_limit: nothing of a key starts for a while (its partner has said so), or its rate starts afresh.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 key, 3 default's name ("*<template>" or the key itself), 4 hold ms, or "reset"
-- Answers: epoch ms from which on runs start again
-- include: _limits
allow_when_full()
local name = ARGV[2]
if ARGV[4] == 'reset' then
  redis.call('HDEL', P .. 'tats', name)
  reopen_lanes()
  return now
end
local names = { name, ARGV[3] }
load_limits(names)
if not known[name] then -- a key without a limit gets one that only holds
  redis.call('HSET', P .. 'limits', '=' .. name, '0 0 0 1 -')
  known[name] = read_limit('0 0 0 1 -')
end
local limit = known[name]
local hold = tonumber(ARGV[4]) + (limit.emission > 0 and limit.emission * (limit.burst - 1) or 0)
local lead = math.max(limit.lead, hold)
redis.call('HSET', P .. 'tats', name, string.format('%d %.9f', now + math.floor(lead), lead % 1))
local _, at = free_of_rate({ emission = limit.emission, burst = limit.burst, lead = lead })
return at
