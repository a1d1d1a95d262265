-- take_leadership: makes the caller the leader of the shard under a new epoch.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 leader id, 3 description JSON
-- Answers: { epoch, "same" or "new" (another Redis process than under the last epoch: writes may have been lost) or "first" }
-- The epoch is at least the time, so that it grows even over a failover that lost the last one. What a new process may have
-- lost is owed until a leader has brought it back (see reconciled): each one that comes before is told "new".
allow_when_full()
local stored = tonumber(redis.call('HGET', P .. 'leader', 'epoch') or '0')
local before, owed = unpack(redis.call('HMGET', P .. 'leader', 'primary', 'owed'))
local primary = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or '?'
local epoch = math.max(stored + 1, now)
local answer = not before and 'first' or (owed or before ~= primary) and 'new' or 'same'
redis.call('HSET', P .. 'leader', 'epoch', string.format('%.0f', epoch), 'id', ARGV[2], 'since', now, 'about', ARGV[3], 'primary', primary)
if answer ~= 'same' then
  redis.call('HSET', P .. 'leader', 'owed', '1')
end
return { string.format('%.0f', epoch), answer }
