-- save_dependencies: stores which jobs come after which. The same call from many replicas changes nothing after the first.
-- KEYS: 1 prefix
-- ARGV: 1 clock, 2 parents n, then n times: parent job, dependents "<child> <its shard> <s | e>;...";
--       then per child of this shard: job, "<all | any> <digits> <queue> <lane> <parent,parent> <packed>" (see receive)
-- Answers: "changed" | "same"
local changed = false

local function save(key, wanted)
  local flat = redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    if not wanted[flat[i]] then
      redis.call('HDEL', key, flat[i])
      changed = true
    elseif wanted[flat[i]] == flat[i + 1] then
      wanted[flat[i]] = nil
    end
  end
  for field, value in pairs(wanted) do
    redis.call('HSET', key, field, value)
    changed = true
  end
end

local parents, children, first = {}, {}, 3 + 2 * tonumber(ARGV[2])
for at = 3, first - 1, 2 do
  parents[ARGV[at]] = ARGV[at + 1]
end
for at = first, #ARGV, 2 do
  children[ARGV[at]] = ARGV[at + 1]
end
-- What has come for a job that waits for nobody any more is forgotten.
for _, child in ipairs(redis.call('HKEYS', P .. 'arrivals')) do
  if not children[child] then
    redis.call('HDEL', P .. 'arrivals', child)
  end
end
save(P .. 'dependents', parents)
save(P .. 'after', children)
return changed and 'changed' or 'same'
