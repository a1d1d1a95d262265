-- _leader: the fence. A leader's script changes nothing unless its epoch is the stored one.
-- KEYS: none of its own
-- ARGV: 2 epoch
-- Answers: nothing; it only defines names. "fenced" is the answer of the script that asks.
local function is_fenced()
  return redis.call('HGET', P .. 'leader', 'epoch') ~= ARGV[2]
end
