-- held_by: reads the attempts that a worker holds, so that it can hand back one whose claim reply was lost.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 worker
-- Answers: { id, token, id, token, ... }
local answer = {}
local all = redis.call('HGETALL', P .. 'running')
for i = 1, #all, 2 do
  local token, worker = string.match(all[i + 1], '^(%S+) (%S+)')
  if worker == ARGV[2] then
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = token
  end
end
return answer
