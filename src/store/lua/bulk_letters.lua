-- bulk_letters: one slice of a bulk operation over dead letters: makes new runs of them, or forgets them.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2..9 see _bulk, 10.. pairs: id of a dead letter, id of the new run or "" to forget the letter
-- Answers: "fenced" | "stale" | the new stored value
-- include: _leader _limits _holds _settle _extras _redrive _bulk
local refused = refusal()
if refused then
  return refused
end
local is_freeing = ARGV[11] == ''
if is_freeing then
  allow_when_full()
end

local function forget(letter)
  local record = redis.call('HGET', P .. 'letters', letter)
  if not record then
    return false
  end
  forget_log(record)
  redis.call('ZREM', P .. 'dead', letter)
  redis.call('HDEL', P .. 'letters', letter)
  redis.call('UNLINK', P .. 'notes:' .. letter)
  return true
end

local done, failed = 0, 0
for i = 10, #ARGV, 2 do
  local letter, run = ARGV[i], ARGV[i + 1]
  local has_acted
  if run == '' then
    has_acted = forget(letter)
  else
    has_acted = redrive(letter, run, kept_history())
  end
  done = done + (has_acted and 1 or 0)
  failed = failed + (has_acted and 0 or 1) -- somebody else has taken it since it was read
end
return commit(done, failed)
