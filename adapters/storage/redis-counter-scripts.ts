/**
 * Lua for windows and cooldowns, as the other stores count them. A counter is a list of slices in MessagePack, whose whole numbers are exact: a send
 * reads and writes some hundreds of them, which as text would take it twice as long.
 *
 * A slice of an exact window is one moment. The last rung of a ladder repeats, so that more sends than rungs change nothing; some more are
 * kept, because a send may be given back.
 */
export const COUNTERS = `
local FOREVER, EXACT_HITS, SLICES, SPARE_SENDS = 9007199254740991, 32, 24, 32
local STARTS_AT, COUNT, COUNTS_UNTIL = 1, 2, 3
local loaded = {}

local function live(key)
  if loaded[key] then return loaded[key] end
  local slices, written = {}, redis.call('GET', key)
  for _, slice in ipairs(written and cmsgpack.unpack(written) or {}) do
    if now < slice[COUNTS_UNTIL] then slices[#slices + 1] = slice end
  end
  loaded[key] = slices
  return slices
end

local function write(key, slices)
  local last = 0
  for _, slice in ipairs(slices) do last = math.max(last, slice[COUNTS_UNTIL]) end
  loaded[key] = slices
  if last >= FOREVER then
    redis.call('SET', key, cmsgpack.pack(slices))
  else
    redis.call('SET', key, cmsgpack.pack(slices), 'PX', keepFor(last))
  end
end

local function countOf(slices)
  local count = 0
  for _, slice in ipairs(slices) do count = count + slice[COUNT] end
  return count
end

local function roomAt(slices, hit)
  local count, most = countOf(slices), hit.max - hit.amount
  if count <= most then return 0 end
  local byEnd = { unpack(slices) }
  table.sort(byEnd, function(a, b) return a[COUNTS_UNTIL] < b[COUNTS_UNTIL] end)
  for _, slice in ipairs(byEnd) do
    count = count - slice[COUNT]
    if count <= most then return slice[COUNTS_UNTIL] end
  end
  return FOREVER
end

local function startOf(hit)
  if not hit.windowMs then return 0, FOREVER end
  local sliceMs = hit.max <= EXACT_HITS and 1 or math.ceil(hit.windowMs / SLICES)
  local startsAt = math.floor(now / sliceMs) * sliceMs
  return startsAt, startsAt + sliceMs - 1 + hit.windowMs
end

local function add(slices, amount, startsAt, countsUntil)
  for _, slice in ipairs(slices) do
    if slice[STARTS_AT] == startsAt then
      slice[COUNT] = slice[COUNT] + amount
      slice[COUNTS_UNTIL] = math.max(slice[COUNTS_UNTIL], countsUntil)
      return slices
    end
  end
  slices[#slices + 1] = { startsAt, amount, countsUntil }
  return slices
end

local function pauseAfter(sends)
  local ladder = input.cooldown.ladderMs
  return ladder[math.min(countOf(sends), #ladder)] or 0
end

local function refusal()
  local limit, retryAt
  local function consider(name, at)
    if at > now and (not retryAt or at > retryAt) then limit, retryAt = name, at end
  end
  if input.refused then consider(input.refused.limit, input.refused.retryAt) end
  for _, hit in ipairs(input.hits) do consider(hit.limit, roomAt(live(KEYS[hit.key]), hit)) end
  if input.cooldown then
    local sends, last = live(KEYS[input.cooldown.key]), 0
    for _, send in ipairs(sends) do last = math.max(last, send[STARTS_AT]) end
    consider(input.cooldown.limit, last + pauseAfter(sends))
  end
  return retryAt and { 'limited', limit, digits(retryAt) }
end

local function resendAt()
  if not input.cooldown then return input.resendAt or now end
  return now + pauseAfter(live(KEYS[input.cooldown.key]))
end

local function charge(hits)
  for _, hit in ipairs(hits) do
    local key = KEYS[hit.key]
    if hit.amount > 0 then write(key, add(live(key), hit.amount, startOf(hit))) end
  end
  if not input.cooldown then return end
  local key, ladder = KEYS[input.cooldown.key], input.cooldown.ladderMs
  local sends, kept = add(live(key), 1, now, now + input.cooldown.windowMs), {}
  table.sort(sends, function(a, b) return a[STARTS_AT] < b[STARTS_AT] end)
  for at = math.max(1, #sends - #ladder - SPARE_SENDS), #sends do kept[#kept + 1] = sends[at] end
  write(key, kept)
end

local function counts()
  local all = {}
  for at, hit in ipairs(input.hits) do all[at] = countOf(live(KEYS[hit.key])) end
  return all
end
`;
