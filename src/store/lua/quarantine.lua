-- quarantine: takes one schedule that cannot be planned out of the due times, with the reason; the others go on.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 schedule, 4 stored schedule as it was read, 5 reason JSON
-- Answers: "quarantined" | "stale" | "fenced"
-- include: _leader
if is_fenced() then
  return 'fenced'
end
if redis.call('HGET', P .. 'schedules', ARGV[3]) ~= ARGV[4] then
  return 'stale'
end
redis.call('ZREM', P .. 'due', ARGV[3])
redis.call('HSET', P .. 'quarantined', ARGV[3], ARGV[5])
return 'quarantined'
