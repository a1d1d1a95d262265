-- _extras: writes extras into a packed run. Used by set_note, redrive and settle.
-- KEYS: none of its own
-- ARGV: none of its own
-- Answers: nothing; it only defines names.

local function has_extra(packed, letter)
  local extras = extras_of(packed)
  return extras ~= nil and string.find(';' .. extras, ';' .. letter .. '=', 1, true) ~= nil
end

-- Values are percent-encoded, as core/extras reads them.
local function encoded(value)
  return (string.gsub(value, '[^%w%-_.~]', function(char)
    return string.format('%%%02X', string.byte(char))
  end))
end

local function with_extra(packed, letter, value)
  local extra = letter .. '=' .. encoded(value)
  local head, rest = string.match(packed, '^(%S+ %S+ %S+ %d%+%S* %S+ %S+ %S+ %S+ %S+)( .*)$')
  if head then
    return head .. ';' .. extra .. rest
  end
  local first, keys, counts, payload = string.match(packed, '^(%S+ %S+ %S+ %d)(%S*)( %S+ %S+ %S+ %S+ )(.*)$')
  return first .. '+' .. keys .. counts .. extra .. ' ' .. payload
end

local function count_extra(packed, letter)
  local head, so_far, rest = string.match(packed, '^(%S+ %S+ %S+ %d%+%S* %S+ %S+ %S+ %S+ %S-;?' .. letter .. '=)(%d+)([; ].*)$')
  if not has_extra(packed, letter) then
    return with_extra(packed, letter, '1')
  end
  return head .. text(tonumber(so_far) + 1) .. rest
end

local function without_extras(packed, letters)
  local extras = extras_of(packed)
  if not extras then
    return packed
  end
  local left = string.sub((string.gsub(';' .. extras, ';[' .. letters .. ']=[^;]*', '')), 2)
  local head, keys, counts, payload = string.match(packed, '^(%S+ %S+ %S+ %d)%+(%S*)( %S+ %S+ %S+ %S+) %S+ (.*)$')
  return left == '' and head .. keys .. counts .. ' ' .. payload or head .. '+' .. keys .. counts .. ' ' .. left .. ' ' .. payload
end

-- A run that starts anew from a dead letter has no children, and whoever waited for it has been told how it ended.
local function without_kin(packed)
  local extras = extras_of(packed)
  if not extras or not (has_extra(packed, 'p') or has_extra(packed, 'c')) then
    return packed
  end
  return without_extras(packed, 'pc')
end
