-- publish_code: says which jobs the workers of one version have code for; claims look only at these.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 code (hash of the names), 3 keep ms, 4.. job names
-- Answers: number of names that were new
allow_when_full()
local key = P .. 'code:' .. ARGV[2]
local added = 0
if #ARGV >= 4 then
  added = redis.call('SADD', key, unpack(ARGV, 4))
  redis.call('PEXPIRE', key, ARGV[3])
end
return added
