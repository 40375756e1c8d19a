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
return { 'taken', digits(resendAt()), counts() }
`,
);

/**
 * What was paid in vain, at this very moment, is given back, and `clears` are forgotten. A shared charge goes with the last who hold it; one
 * whose claim is over stays, because charging twice is better than not at all.
 */
export const SETTLE: string = script(
  COUNTERS,
  CLAIMS,
  `
local function takeOff(key, amount, startsAt)
  local kept = {}
  for _, slice in ipairs(live(key)) do
    if slice[STARTS_AT] == startsAt then slice[COUNT] = slice[COUNT] - amount end
    if slice[COUNT] > 0 then kept[#kept + 1] = slice end
  end
  if #kept == 0 then redis.call('DEL', key) else write(key, kept) end
  loaded[key] = kept
end

if holders > 0 then hold(holders - 1) end
if not claim or holders == 1 then
  for _, hit in ipairs(input.hits) do takeOff(KEYS[hit.key], hit.amount, (startOf(hit))) end
  if input.cooldown then takeOff(KEYS[input.cooldown.key], 1, now) end
end
for _, at in ipairs(input.clears) do redis.call('DEL', KEYS[at]) end
return { 'settled' }
`,
);

/** `ChallengeStore.clear`. */
export const FORGET: string = script("for _, key in ipairs(KEYS) do redis.call('DEL', key) end\nreturn { 'forgotten' }");
