/**
 * Lua for windows and cooldowns, as the other stores count them. The counters of a slot lie in one key: their last end, and the counters by name, in
 * MessagePack. A call reads all that it charges by one command and writes each slot by one.
 *
 * A counter is a text of doubles: what it holds in all, the first end of its slices, and of each slice start, count and end, the latest first. So
 * the usual call looks at five numbers, whatever else the window holds: every slice is looked at only when one is over, or when there is no room.
 *
 * A slice of an exact window is one moment. The last rung of a ladder repeats, so that more sends than rungs change nothing; some more are
 * kept, because a send may be given back.
 *
 * `input.hits` and `input.cooldown` are flat lists, and loops count instead of asking `ipairs`, because an interpreter runs them in the one thread
 * that all wait for.
 */
export const COUNTERS = `
local FOREVER, SPARE_SENDS = 9007199254740991, 32
local NAME, MOST, AMOUNT, STARTS_AT, COUNTS_UNTIL, HIT = 1, 2, 3, 4, 5, 6
local START, COUNT, END = 1, 2, 3
local LADDER, NUMBER, HEAD, HEAD_AND_LATEST = 3, 8, 16, 40
local pack, numbersIn = struct.pack, struct.unpack
local cooldown, groups, lastEnds, withoutOld = input.cooldown, nil, nil, nil

local function groupAt(place)
  if not groups then
    groups, lastEnds, withoutOld = {}, {}, {}
    local texts = redis.call('MGET', unpack(KEYS, input.groups))
    for at = 1, #texts do
      local group = input.groups + at - 1
      if texts[at] then
        lastEnds[group], groups[group] = cmsgpack.unpack(texts[at])
      else
        lastEnds[group], groups[group] = 0, {}
      end
    end
  end
  return groups[place]
end

local function write(place)
  if not next(groups[place]) then
    redis.call('DEL', KEYS[place])
  elseif lastEnds[place] >= FOREVER then
    redis.call('SET', KEYS[place], cmsgpack.pack(lastEnds[place], groups[place]))
  else
    redis.call('SET', KEYS[place], cmsgpack.pack(lastEnds[place], groups[place]), 'PX', keepFor(lastEnds[place]))
  end
end

local function slicesOf(counter)
  local slices = {}
  for byte = HEAD + 1, counter and #counter or 0, 3 * NUMBER do slices[#slices + 1] = { numbersIn('<ddd', counter, byte) } end
  return slices
end

local function counterOf(slices)
  if #slices == 0 then return nil end
  local total, firstEnd, texts = 0, FOREVER, {}
  table.sort(slices, function(a, b) return a[START] > b[START] end)
  for at, slice in ipairs(slices) do
    total, firstEnd = total + slice[COUNT], math.min(firstEnd, slice[END])
    texts[at] = pack('<ddd', slice[START], slice[COUNT], slice[END])
  end
  return pack('<dd', total, firstEnd) .. table.concat(texts)
end

local function live(place, name)
  local counter = groupAt(place)[name]
  if not counter then return nil, 0 end
  local total, firstEnd = numbersIn('<dd', counter)
  if now < firstEnd then return counter, total end
  if withoutOld[counter] == nil then
    local kept = {}
    for _, slice in ipairs(slicesOf(counter)) do
      if now < slice[END] then kept[#kept + 1] = slice end
    end
    withoutOld[counter] = counterOf(kept) or false
  end
  counter = withoutOld[counter] or nil
  return counter, counter and numbersIn('<d', counter) or 0
end

local function roomAt(counter, count, most)
  local slices = slicesOf(counter)
  table.sort(slices, function(a, b) return a[END] < b[END] end)
  for _, slice in ipairs(slices) do
    count = count - slice[COUNT]
    if count <= most then return slice[END] end
  end
  return FOREVER
end

local function added(counter, amount, startsAt, countsUntil)
  if not counter then return pack('<ddddd', amount, countsUntil, startsAt, amount, countsUntil) end
  local total, firstEnd, start, count, last = numbersIn('<ddddd', counter)
  if startsAt > start then
    if countsUntil < firstEnd then firstEnd = countsUntil end
    return pack('<ddddd', total + amount, firstEnd, startsAt, amount, countsUntil) .. string.sub(counter, HEAD + 1)
  elseif startsAt == start then
    if countsUntil > last then last = countsUntil end
    return pack('<ddddd', total + amount, firstEnd, start, count + amount, last) .. string.sub(counter, HEAD_AND_LATEST + 1)
  end
  local slices = slicesOf(counter)
  for _, slice in ipairs(slices) do
    if slice[START] == startsAt then
      slice[COUNT], slice[END] = slice[COUNT] + amount, math.max(slice[END], countsUntil)
      return counterOf(slices)
    end
  end
  slices[#slices + 1] = { startsAt, amount, countsUntil }
  return counterOf(slices)
end

local function pauseAfter(count)
  local rung = math.min(count, #cooldown - LADDER)
  return rung > 0 and cooldown[LADDER + rung] or 0
end

local function refusal()
  local hits, limit, retryAt = input.hits, nil, now
  if input.refusedUntil and input.refusedUntil > now then limit, retryAt = 0, input.refusedUntil end
  for at = 1, #hits, HIT do
    local counter, count = live(hits[at], hits[at + NAME])
    if count > hits[at + MOST] then
      local room = roomAt(counter, count, hits[at + MOST])
      if room > retryAt then limit, retryAt = (at - 1) / HIT + 1, room end
    end
  end
  if cooldown then
    local sends, count = live(cooldown[1], cooldown[1 + NAME])
    local allowedAt = (sends and numbersIn('<d', sends, HEAD + 1) or 0) + pauseAfter(count)
    if allowedAt > retryAt then limit, retryAt = #hits / HIT + 1, allowedAt end
  end
  return limit and { 'limited', limit, digits(retryAt) }
end

local function resendAt()
  if not cooldown then return input.resendAt or now end
  local _, count = live(cooldown[1], cooldown[1 + NAME])
  return now + pauseAfter(count)
end

local function charge(hits)
  local changed = {}
  local function put(place, name, counter, countsUntil)
    groups[place][name], changed[place] = counter, true
    if countsUntil > lastEnds[place] then lastEnds[place] = countsUntil end
  end
  for at = 1, #hits, HIT do
    local place, name, amount, countsUntil = hits[at], hits[at + NAME], hits[at + AMOUNT], hits[at + COUNTS_UNTIL]
    if amount > 0 then
      local counter = live(place, name)
      put(place, name, added(counter, amount, hits[at + STARTS_AT], countsUntil), countsUntil)
    end
  end
  if cooldown then
    local place, name, kept = cooldown[1], cooldown[1 + NAME], #cooldown - LADDER + SPARE_SENDS
    local before = live(place, name)
    local sends = added(before, 1, now, cooldown[LADDER])
    if #sends > HEAD + kept * 3 * NUMBER then sends = counterOf({ unpack(slicesOf(sends), 1, kept) }) end
    put(place, name, sends, cooldown[LADDER])
  end
  for place in next, changed do write(place) end
end

local function counts()
  local hits, all = input.hits, {}
  for at = 1, #hits, HIT do
    local _, count = live(hits[at], hits[at + NAME])
    all[#all + 1] = count
  end
  return all
end

local function forget(counters)
  local changed = {}
  for at = 1, #counters, 2 do
    local place, name = counters[at], counters[at + NAME]
    if groupAt(place)[name] then groups[place][name], changed[place] = nil, true end
  end
  for place in next, changed do
    if lastEnds[place] >= FOREVER then
      lastEnds[place] = 0
      for _, counter in next, groups[place] do
        for _, slice in ipairs(slicesOf(counter)) do lastEnds[place] = math.max(lastEnds[place], slice[END]) end
      end
    end
  end
  return changed
end
`;
