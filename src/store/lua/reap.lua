-- reap: ends attempts whose lease has run out, if it still has by Redis time and the token is unchanged.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 history count, 4 history bytes, 5 entries n, 6.. entries of five values (see _settle)
-- Answers: "fenced" or a string of "1" (reaped) and "0" (renewed, settled or taken over meanwhile)
-- include: _leader _limits _holds _settle
if is_fenced() then
  return 'fenced'
end
allow_when_full()
local keep = { count = tonumber(ARGV[3]), bytes = tonumber(ARGV[4]) }
return settle(6, tonumber(ARGV[5]), keep, function(id)
  local expiry = redis.call('ZSCORE', P .. 'leases', id)
  return not expiry or tonumber(expiry) <= now
end)
