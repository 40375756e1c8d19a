import { COUNTERS } from './redis-counter-scripts.ts';
import { script } from './redis-script.ts';

// Calls of one idempotency key share one charge: `holders at` is how many hold it, and since when the latest does. A claim lasts longer than
// a call lives.
const CLAIMS = `
local CLAIM_MS = 15000
local claim = input.claim and KEYS[input.claim]
local holders, claimedAt = string.match(claim and redis.call('GET', claim) or '0 0', '(%S+) (%S+)')
holders = math.abs(now - claimedAt) < CLAIM_MS and tonumber(holders) or 0

local function hold(count)
  redis.call('SET', claim, digits(count) .. ' ' .. digits(now), 'PX', CLAIM_MS)
end
`;

/** `ChallengeStore.take`, and what every verb pays in other slots first. */
export const TAKE: string = script(
  COUNTERS,
  CLAIMS,
  `
local refused = (input.refused or holders == 0) and refusal()
if refused then return refused end
if holders == 0 then charge(input.hits) end
if claim then hold(holders + 1) end
return { 'taken', resendAt(), counts() }
`,
);

// What gives room must work on a server that is full: it lets a script go on that began by deleting.
const RELEASE = `
local function release(changed)
  for place in pairs(changed) do
    redis.call('DEL', KEYS[place])
    if next(groups[place]) then write(place) end
  end
end
`;

/**
 * What was paid in vain, at this very moment, is given back, and `clears` are forgotten. A shared charge goes with the last who hold it; one
 * whose claim is over stays, because charging twice is better than not at all.
 */
export const SETTLE: string = script(
  COUNTERS,
  CLAIMS,
  RELEASE,
  `
local changed = {}
local function takeOff(place, name, amount, startsAt)
  local kept = {}
  for _, slice in ipairs(slicesOf((live(place, name)))) do
    if slice[START] == startsAt then slice[COUNT] = slice[COUNT] - amount end
    if slice[COUNT] > 0 then kept[#kept + 1] = slice end
  end
  groups[place][name], changed[place] = counterOf(kept), true
end

if not claim or holders == 1 then
  local hits = input.hits
  for at = 1, #hits, HIT do takeOff(hits[at], hits[at + NAME], hits[at + AMOUNT], hits[at + STARTS_AT]) end
  if cooldown then takeOff(cooldown[1], cooldown[1 + NAME], 1, now) end
end
for place in pairs(forget(input.clears)) do changed[place] = true end
release(changed)
if holders > 0 then hold(holders - 1) end
return { 'settled' }
`,
);

/** `ChallengeStore.clear`, which does not know what time it is: not before the latest hit of those that stay. */
export const FORGET: string = script(
  COUNTERS,
  RELEASE,
  `
local changed = forget(input.clears)
for place in pairs(changed) do
  for _, counter in next, groups[place] do now = math.max(now, (numbersIn('<d', counter, HEAD + 1))) end
end
release(changed)
return { 'forgotten' }
`,
);
