-- take_start_turn: tells a process that starts how long to wait, so that a fleet that starts at once comes up one after another.
-- KEYS: 1 prefix (of shard 0)
-- ARGV: 1 clock, 2 ms between two starts, 3 starts that may come at once, 4 longest wait ms, 5 random 0..1
-- Answers: ms to wait
-- The generic cell rate algorithm over the time of the start that comes next. Whoever would wait for longer than is allowed gets
-- a random place in the second half of it instead, and takes none from the others.
allow_when_full()
local key, spacing, most = P .. 'starts', tonumber(ARGV[2]), tonumber(ARGV[4])
local next_start = math.max(tonumber(redis.call('GET', key) or '0'), now)
local wait = math.max(0, next_start - now - spacing * (tonumber(ARGV[3]) - 1))
if wait > most then
  return math.floor(most / 2 + tonumber(ARGV[5]) * most / 2)
end
redis.call('SET', key, text(next_start + spacing), 'PX', text(next_start + spacing - now + 1000))
return wait
