-- ring_bell: puts a message into a wake list, also when Redis is full.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 bell, 3 message, 4 keep ms
-- include: _bells
-- Answers: number of messages that wait in the list
allow_when_full()
return ring_with(ARGV[2], ARGV[3], ARGV[4])
