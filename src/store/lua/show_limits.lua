-- show_limits: reads how the limits of keys stand. Changes nothing but what was spent under a rate that is no more.
-- KEYS: 1 prefix
-- ARGV: 1 clock, then n times: key, default's name ("*<template>" or the key itself)
-- Answers: eight texts per key: the limit or "", "=" where an operator has set it or "", next start by its rate or "",
--          held until or "", runs that hold a slot, the run whose turn it is or "", lanes that wait for a slot or a turn,
--          "slots" where slots are counted or ""
-- include: _limits
allow_when_full()
local names, answer = {}, {}
for i = 2, #ARGV do
  names[i - 1] = ARGV[i]
end
load_limits(names)
for i = 1, #names, 2 do
  local name = names[i]
  local own = redis.call('HGET', P .. 'limits', '=' .. name)
  local limit = known[name]
  local free, at = 1, nil
  if limit then
    free, at = free_of_rate(limit)
  end
  for _, value in ipairs({
    own or redis.call('HGET', P .. 'limits', names[i + 1]) or '',
    own and '=' or '',
    free == 0 and text(at) or '',
    limit and limit.held and text(limit.held) or '',
    text(limit and limit.active or 0),
    redis.call('HGET', P .. 'turns', name) or '',
    text(redis.call('ZCARD', P .. 'blocked:' .. name)),
    limit and limit.slots and 'slots' or '',
  }) do
    answer[#answer + 1] = value
  end
end
return answer
