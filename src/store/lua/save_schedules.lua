-- save_schedules: creates, changes or removes schedules, each only if it still is as it was read. An id comes once in a call.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2.. entries of four values: id, stored value as read or "", new value or "" (remove), due ms or ""
-- Answers: a string with one character per entry: "1" saved, "0" stale
local ids, answers = {}, {}
for at = 2, #ARGV, 4 do
  ids[#ids + 1] = ARGV[at]
end
local values = hmget(P .. 'schedules', ids)
local saved, due, gone, idle, touched = {}, {}, {}, {}, {}
for i = 1, #ids do
  local at = 2 + 4 * (i - 1)
  if (values[i] or '') ~= ARGV[at + 1] then
    answers[i] = '0'
  else
    answers[i] = '1'
    touched[#touched + 1] = ids[i]
    if ARGV[at + 2] == '' then
      gone[#gone + 1] = ids[i]
    else
      saved[#saved + 1] = ids[i]
      saved[#saved + 1] = ARGV[at + 2]
    end
    if ARGV[at + 2] == '' or ARGV[at + 3] == '' then
      idle[#idle + 1] = ids[i]
    else
      due[#due + 1] = ARGV[at + 3]
      due[#due + 1] = ids[i]
    end
  end
end
call_with('HSET', P .. 'schedules', saved)
call_with('HDEL', P .. 'schedules', gone)
call_with('HDEL', P .. 'paused', gone)
call_with('HDEL', P .. 'failing', gone)
call_with('HDEL', P .. 'quarantined', touched)
call_with('ZREM', P .. 'due', idle)
call_with('ZADD', P .. 'due', due)
if #due > 0 then
  ring('leader')
end
return table.concat(answers)
