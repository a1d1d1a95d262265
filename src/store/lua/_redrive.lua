-- _redrive: makes a new run from a dead letter, which goes to the history. Used by redrive and bulk_letters; needs _settle
-- and _extras.
-- include: _unique
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

-- Answers false where the letter is gone, or where another run has its unique key: that one comes second.
local function redrive(letter, new_id, keep)
  local record = redis.call('HGET', P .. 'letters', letter)
  if not record then
    return false
  end
  local length, from = string.match(record, '^%S+ %S+ %S+ %S+ %S+ %S+ (%d+) ()')
  local packed = string.sub(record, from + tonumber(length))
  local queue, lane, job = place_of(packed)
  local place, policy, rest = string.match(packed, '^%S+ %S+ %S+ (%S+) (%S+) %d+ %d+ %d+ (.*)$')
  local again = without_kin(table.concat({ now_text, job, queue, place, policy, '0 0 0', rest }, ' '))
  -- Effects that were noted are not repeated, and those that were not keep their idempotency keys.
  if not has_extra(again, 'o') then
    again = with_extra(again, 'o', letter)
  end
  again = without_deadline(again)
  local holder = retake_key(new_id, job, extras_of(again))
  if holder then
    return false, holder
  end
  local notes = P .. 'notes:' .. letter
  if redis.call('EXISTS', notes) == 1 then
    redis.call('RENAME', notes, P .. 'notes:' .. new_id)
    redis.call('PERSIST', P .. 'notes:' .. new_id)
  end
  redis.call('HSET', P .. 'runs', new_id, again)
  watch_bounds(new_id, again)
  push_ready(queue, lane, { new_id })
  redis.call('ZREM', P .. 'dead', letter)
  redis.call('HDEL', P .. 'letters', letter)
  keep_history(job, { record }, #record, keep)
  return true
end
