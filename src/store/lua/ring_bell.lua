-- ring_bell: puts a message into a wake list, also when Redis is full.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 bell, 3 message, 4 keep ms (nobody waits for ever; a bell only spares a poll)
-- Answers: number of messages that wait in the list
allow_when_full()
local list = P .. 'wake:' .. ARGV[2]
local waiting = redis.call('RPUSH', list, ARGV[3])
redis.call('PEXPIRE', list, ARGV[4])
return waiting
