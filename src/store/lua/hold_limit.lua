-- hold_limit: nothing of a key starts for a while (its partner has said so), or what it has spent and a hold are forgotten.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 key, 3 default's name ("*<template>" or the key itself), 4 hold ms, or "reset"
-- Answers: epoch ms from which on runs start again
-- include: _limit_changes
allow_when_full()
if ARGV[4] == 'reset' then
  redis.call('HDEL', P .. 'tats', ARGV[2])
  reopen_lanes(ARGV[2])
  return now
end
return hold_key(ARGV[2], ARGV[3], tonumber(ARGV[4]))
