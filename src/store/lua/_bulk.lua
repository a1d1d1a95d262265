-- _bulk: one slice of a bulk operation, committed together with how far the operation has come. Used by bulk_live,
-- bulk_letters and bulk_again; goes behind _leader.
-- KEYS: none of its own
-- ARGV: 2 epoch, 3 history count, 4 history bytes, 5 id of the operation, 6 its stored value as read, 7 cursor after the slice
--       or "end", 8 how many runs were looked at, 9 ms until the next slice for each run that is acted on
-- Answers: nothing; it only defines names. "fenced" and "stale" are the answers of the script that asks.

-- `bulks`: id -> "<running | done | cancelled> <primary> <cursor> <total> <seen> <done> <failed> <updated> <spec JSON>".
-- `bulk_due`: the running ones, by when their next slice may begin.
local function refusal()
  if is_fenced() then
    return 'fenced'
  end
  return redis.call('HGET', P .. 'bulks', ARGV[5]) ~= ARGV[6] and 'stale' or nil
end

-- Answers the new stored value.
local function commit(done, failed)
  local total, seen, did, missed, spec = string.match(ARGV[6], '^%S+ %S+ %S+ (%S+) (%d+) (%d+) (%d+) %S+ (.*)$')
  local is_over = ARGV[7] == 'end'
  local value = table.concat({
    is_over and 'done' or 'running',
    redis.call('HGET', P .. 'leader', 'primary') or '-',
    ARGV[7], total, text(seen + ARGV[8]), text(did + done), text(missed + failed), now_text, spec,
  }, ' ')
  redis.call('HSET', P .. 'bulks', ARGV[5], value)
  if is_over then
    redis.call('ZREM', P .. 'bulk_due', ARGV[5])
    redis.call('UNLINK', P .. 'bulk_seen:' .. ARGV[5])
  else
    redis.call('ZADD', P .. 'bulk_due', now + math.ceil(done * tonumber(ARGV[9])), ARGV[5])
  end
  return value
end

local function kept_history()
  return { count = tonumber(ARGV[3]), bytes = tonumber(ARGV[4]) }
end
