-- reconciled: notes that what a new Redis process may have lost is there again, so that the next leader need not look.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch
-- Answers: "reconciled" | "fenced"
-- include: _leader
if is_fenced() then
  return 'fenced'
end
redis.call('HDEL', P .. 'leader', 'owed')
return 'reconciled'
