-- delivered: takes messages off an outbox, once their target has received them.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 epoch, 3 target shard, 4 sequence of the last one that was received
-- Answers: "fenced" | how many messages wait for the target now
-- include: _leader
if is_fenced() then
  return 'fenced'
end
allow_when_full()
local key, last = P .. 'outbox:' .. ARGV[3], tonumber(ARGV[4])
while true do
  local head = redis.call('LINDEX', key, 0)
  if not head or tonumber(string.match(head, '^%d+')) > last then
    break
  end
  redis.call('LPOP', key)
end
local waiting = redis.call('LLEN', key)
if waiting == 0 then
  redis.call('SREM', P .. 'outboxes', ARGV[3])
end
return waiting
