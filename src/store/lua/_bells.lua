-- _bells: a message for whoever listens at a bell. Not `ring` of the prelude, which leaves one token that says nothing.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- `keep_ms`: nobody waits for ever, and a bell only spares a poll. Answers how many messages wait.
local function ring_with(bell, message, keep_ms)
  local list = P .. 'wake:' .. bell
  local waiting = redis.call('RPUSH', list, message)
  redis.call('PEXPIRE', list, keep_ms)
  return waiting
end
