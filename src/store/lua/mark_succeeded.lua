-- mark_succeeded: waiting | ready | retrying | dead -> succeeded, without running. What waits for the run goes on as after
-- a success.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 history count, 3 history bytes, 4 run id, 5 body JSON kept with the run
-- Answers: "marked" | "running" | "gone"
-- include: _limits _holds _settle
allow_when_full()
local id, body = ARGV[4], ARGV[5]
local keep = { count = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]) }

-- A dead letter has left the runs already: only its record changes, and what counted it as a failure.
local function mark_letter(letter)
  local logged, attempt, bytes, from = string.match(letter, '^(%S+) %S+ %S+ %S+ (%S+ %S+) (%d+) ()')
  local packed = string.sub(letter, from + tonumber(bytes))
  local record = table.concat({ logged, id, 'succeeded', now_text, attempt, text(#body), body .. packed }, ' ')
  local _, _, job = place_of(packed)
  redis.call('HDEL', P .. 'letters', id)
  redis.call('ZREM', P .. 'dead', id)
  keep_stats({ [job .. '|success'] = now_text, [job .. '|streak'] = '0' }, {})
  count_failures({ id }, { 'succeeded' }, 0)
  keep_history(job, { record }, #record, keep)
  mend_kin(packed, id, body)
  tell_dependents({ packed }, { 'succeeded' })
end

local packed = redis.call('HGET', P .. 'runs', id)
local letter = not packed and redis.call('HGET', P .. 'letters', id)
if packed and redis.call('HEXISTS', P .. 'running', id) == 1 then
  return 'running'
elseif packed then
  withdraw(id, packed)
  finish({ ids = { id }, outcomes = { 'succeeded' }, details = { 'logs' }, bodies = { body }, holders = { '- 0' } }, keep)
elseif letter then
  mark_letter(letter)
else
  return 'gone'
end
return 'marked'
