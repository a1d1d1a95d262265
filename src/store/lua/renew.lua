-- renew: extends the leases of a worker's attempts whose token still holds; says which are lost or to be cancelled.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 lease ms, 3.. id, token, id, token, ...
-- Answers: a string with one character per attempt: "1" renewed, "0" lost, "c" renewed and to be cancelled
allow_when_full()
local ids, tokens = {}, {}
for i = 3, #ARGV, 2 do
  ids[#ids + 1] = ARGV[i]
  tokens[#tokens + 1] = ARGV[i + 1]
end
local holders, cancels = hmget(P .. 'running', ids), hmget(P .. 'cancels', ids)
local leases, answers = {}, {}
for i = 1, #ids do
  if string.match(holders[i] or '', '^(%S+)') == tokens[i] then
    leases[#leases + 1] = now + tonumber(ARGV[2])
    leases[#leases + 1] = ids[i]
    answers[i] = cancels[i] and 'c' or '1'
  else
    answers[i] = '0'
  end
end
call_with('ZADD', P .. 'leases', leases)
return table.concat(answers)
