-- set_limit: an operator's limit of one key, in the place of what the job files say; or back to these.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 key, 3 limit "<emission ms> <burst> <slots> <weight> <- | o>[ <rate>]" or "" to go back,
--       4 default's name ("*<template>" or the key itself)
-- Answers: "set" | "same"
-- include: _limit_changes
allow_when_full()
local field, limit = '=' .. ARGV[2], ARGV[3]
if (redis.call('HGET', P .. 'limits', field) or '') == limit then
  return 'same'
end
if limit == '' then
  redis.call('HDEL', P .. 'limits', field)
else
  redis.call('HSET', P .. 'limits', field, limit)
end
load_limits({ ARGV[2], ARGV[4] }) -- what was spent counts under the new rate from this moment on
reopen_lanes(ARGV[2])
return 'set'
