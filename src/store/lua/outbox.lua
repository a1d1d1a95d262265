-- outbox: reads messages that wait to be delivered. Changes nothing.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 messages per target, 3 bytes in all (the first message of a target is read in any case)
-- Answers: { { target shard, message, ... }, ... }, the messages of a target oldest first
local left, answer = tonumber(ARGV[3]), {}
for _, target in ipairs(redis.call('SMEMBERS', P .. 'outboxes')) do
  local part = { target }
  for _, message in ipairs(redis.call('LRANGE', P .. 'outbox:' .. target, 0, tonumber(ARGV[2]) - 1)) do
    left = left - #message
    if left < 0 and #part > 1 then
      break
    end
    part[#part + 1] = message
  end
  if #part > 1 then
    answer[#answer + 1] = part
  end
end
return answer
