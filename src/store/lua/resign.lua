-- resign: notes that the shard has no leader, if the caller still is it. The epoch stays.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch
-- Answers: "resigned" | "fenced"
-- include: _leader
if is_fenced() then
  return 'fenced'
end
redis.call('HDEL', P .. 'leader', 'id', 'since', 'about')
return 'resigned'
