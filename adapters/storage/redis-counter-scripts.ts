/**
 * Lua for windows and cooldowns, as the other stores count them. A counter is a text of slices, `startsAt count countsUntil;`, written with 17 digits:
 * Lua's own 14 would round.
 *
 * A slice of an exact window is one moment. The last rung of a ladder repeats, so that more sends than rungs change nothing; some more are
 * kept, because a send may be given back.
 */
export const COUNTERS = `
local FOREVER, EXACT_HITS, SLICES, SPARE_SENDS = 9007199254740991, 32, 24, 32
local loaded = {}

local function live(key)
  if loaded[key] then return loaded[key] end
  local slices = {}
  for startsAt, count, countsUntil in string.gmatch(redis.call('GET', key) or '', '(%S+) (%S+) (%S+);') do
    local slice = { startsAt = tonumber(startsAt), count = tonumber(count), countsUntil = tonumber(countsUntil) }
    if now < slice.countsUntil then slices[#slices + 1] = slice end
  end
  loaded[key] = slices
  return slices
end

local function write(key, slices)
  local parts, last = {}, 0
  for at, slice in ipairs(slices) do
    parts[at] = string.format('%.17g %.17g %.17g;', slice.startsAt, slice.count, slice.countsUntil)
    last = math.max(last, slice.countsUntil)
  end
  loaded[key] = slices
  if last >= FOREVER then
    redis.call('SET', key, table.concat(parts))
  else
    redis.call('SET', key, table.concat(parts), 'PX', keepFor(last))
  end
end

local function countOf(slices)
  local count = 0
  for _, slice in ipairs(slices) do count = count + slice.count end
  return count
end

local function roomAt(slices, max)
  local count = countOf(slices)
  if count < max then return 0 end
  local byEnd = { unpack(slices) }
  table.sort(byEnd, function(a, b) return a.countsUntil < b.countsUntil end)
  for _, slice in ipairs(byEnd) do
    count = count - slice.count
    if count < max then return slice.countsUntil end
  end
  return FOREVER
end

local function startOf(hit)
  if not hit.windowMs then return 0, FOREVER end
  local sliceMs = hit.max <= EXACT_HITS and 1 or math.ceil(hit.windowMs / SLICES)
  local startsAt = math.floor(now / sliceMs) * sliceMs
  return startsAt, startsAt + sliceMs - 1 + hit.windowMs
end

local function addOne(slices, startsAt, countsUntil)
  for _, slice in ipairs(slices) do
    if slice.startsAt == startsAt then
      slice.count = slice.count + 1
      slice.countsUntil = math.max(slice.countsUntil, countsUntil)
      return slices
    end
  end
  slices[#slices + 1] = { startsAt = startsAt, count = 1, countsUntil = countsUntil }
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
  for _, hit in ipairs(input.hits) do consider(hit.limit, roomAt(live(KEYS[hit.key]), hit.max)) end
  if input.cooldown then
    local sends, last = live(KEYS[input.cooldown.key]), 0
    for _, send in ipairs(sends) do last = math.max(last, send.startsAt) end
    consider('resendAfterSeconds', last + pauseAfter(sends))
  end
  return limit and { 'limited', limit, digits(retryAt) }
end

local function resendAt()
  if not input.cooldown then return input.resendAt or now end
  return now + pauseAfter(live(KEYS[input.cooldown.key]))
end

local function charge(hits)
  for _, hit in ipairs(hits) do
    local key = KEYS[hit.key]
    write(key, addOne(live(key), startOf(hit)))
  end
  if not input.cooldown then return end
  local key, ladder = KEYS[input.cooldown.key], input.cooldown.ladderMs
  local sends, kept = addOne(live(key), now, now + input.cooldown.windowMs), {}
  table.sort(sends, function(a, b) return a.startsAt < b.startsAt end)
  for at = math.max(1, #sends - #ladder - SPARE_SENDS), #sends do kept[#kept + 1] = sends[at] end
  write(key, kept)
end
`;
