import { COUNTERS } from './redis-counter-scripts.ts';
import { script } from './redis-script.ts';

// `KEYS[1]` holds the challenges of a number by id. They leave with the key; those of a busy number are looked through now and then.
const CHALLENGES = `
local CROWD = 16

local function known(id)
  local text = redis.call('HGET', KEYS[1], id)
  local row = text and cjson.decode(text)
  return row and now < tonumber(row.expiresAt) + RETENTION_MS and row or nil
end

local function isLive(row)
  return row.usedAt == '' and tonumber(row.attemptsLeft) > 0 and now < tonumber(row.expiresAt)
end

local function save(row)
  local text = cjson.encode(row)
  redis.call('HSET', KEYS[1], row.id, text)
  return text
end

local function all()
  local rows = {}
  for _, text in ipairs(redis.call('HVALS', KEYS[1])) do rows[#rows + 1] = cjson.decode(text) end
  return rows
end
`;

/** `ChallengeStore.issue`: `ARGV[2]` is the id that `resendOf` names, `ARGV[3]` the digest under it, `ARGV[4…]` the challenge. */
export const ISSUE: string = script(
  COUNTERS,
  CHALLENGES,
  `
local challenge = rowFrom(4)
local hash = string.sub(challenge.idempotencyHash, 2)

local function hasMet(row)
  return row and hash ~= '' and string.find(' ' .. string.sub(row.idempotencyHash, 2) .. ' ', ' ' .. hash .. ' ', 1, true)
end

local function isSameRequest(row)
  for _, field in ipairs({ 'phoneNumber', 'purpose', 'userId', 'context' }) do
    if row[field] ~= challenge[field] then return false end
  end
  return true
end

local sameId, named = known(challenge.id), known(ARGV[2])
if named and not isSameRequest(named) then named = nil end
if hasMet(sameId) then return { 'repeated', cjson.encode(sameId) } end
if hasMet(named) then return { 'repeated', cjson.encode(named) } end
local refused = refusal()
if refused then return refused end
charge(input.hits)
local row = named and isLive(named) and named or sameId
local expiresAt = tonumber(challenge.expiresAt)

if not row or not isLive(row) then
  challenge.usedAt, challenge.resendAt = '', digits(resendAt())
  save(challenge)
  keepUntil(KEYS[1], expiresAt + RETENTION_MS)
  if redis.call('HLEN', KEYS[1]) > CROWD then
    for _, other in ipairs(all()) do
      if now >= tonumber(other.expiresAt) + RETENTION_MS + CLOCK_SLACK_MS then redis.call('HDEL', KEYS[1], other.id) end
    end
  end
  return { 'issued', challenge.resendAt, counts() }
end

if input.rotate or (row.id == challenge.id and row.reference ~= challenge.reference) then
  row.seed, row.codeLength, row.reference = challenge.seed, challenge.codeLength, challenge.reference
  if row.digest ~= '' then row.digest = row.id == challenge.id and challenge.digest or ARGV[3] end
end
if hash ~= '' then row.idempotencyHash = row.idempotencyHash == '' and '=' .. hash or row.idempotencyHash .. ' ' .. hash end
local ttl = expiresAt - tonumber(challenge.createdAt)
expiresAt = math.min(expiresAt, tonumber(row.createdAt) + math.max(ttl, 600000))
row.locale, row.channel, row.expiresAt = challenge.locale, challenge.channel, digits(expiresAt)
row.sends, row.resendAt = digits(row.sends + 1), digits(resendAt())
keepUntil(KEYS[1], expiresAt + RETENTION_MS)
return { 'resent', save(row), counts() }
`,
);

/** `ChallengeStore.redeem`: `KEYS[2]` is the proof to store, `ARGV[2]` the id. */
export const REDEEM: string = script(
  COUNTERS,
  CHALLENGES,
  `
local row = known(ARGV[2])
if not row or not contains(input.purposes, row.purpose) then return { 'unknown' } end
if row.usedAt ~= '' then return { 'used' } end
if tonumber(row.attemptsLeft) <= 0 then return { 'exhausted' } end
if now >= tonumber(row.expiresAt) then return { 'expired' } end
local refused = refusal()
if refused then return refused end

row.attemptsLeft = digits(row.attemptsLeft - 1)
if not contains(input.digests, row.digest) then
  save(row)
  charge(input.hits)
  return { 'wrong', row.attemptsLeft }
end

if not input.keep then row.usedAt = digits(now) end
local saved = save(row)
for _, other in ipairs(all()) do
  if other.id ~= row.id and other.purpose == row.purpose and isLive(other) then
    other.usedAt = digits(now)
    save(other)
  end
end
local proof = { expiresAt = digits(input.proofExpiresAt) }
for _, field in ipairs({ 'phoneNumber', 'purpose', 'userId', 'context', 'contextHash', 'reference', 'profile' }) do
  proof[field] = row[field]
end
redis.call('SET', KEYS[2], cjson.encode(proof), 'PX', keepFor(input.proofExpiresAt))

local always = {}
for _, hit in ipairs(input.hits) do
  if hit.always then always[#always + 1] = hit end
end
charge(always)
local counted = counts()
for _, at in ipairs(input.clears) do redis.call('DEL', KEYS[at]) end
return { 'accepted', saved, counted }
`,
);

/** `ChallengeStore.spend`: the proof moves from `KEYS[1]` to `KEYS[2]`, and takes its time to live along. */
export const SPEND: string = script(`
local userId, contextHash, reference = ARGV[2], ARGV[3], ARGV[4]
local text = redis.call('GET', KEYS[1])
local proof = text and cjson.decode(text)
local isMeant = proof and now < tonumber(proof.expiresAt) and contains(input.purposes, proof.purpose)
  and (userId == '' or userId == proof.userId) and contextHash == proof.contextHash and reference == proof.reference
if not isMeant then return { 'refused' } end
redis.call('RENAME', KEYS[1], KEYS[2])
return { 'spent', text }
`);

/** `ChallengeStore.recordDelivery`: `ARGV[2]` is the id. What became of a send stands in the row, beside its fields. */
export const RECORD_DELIVERY: string = script(
  CHALLENGES,
  `
local text = redis.call('HGET', KEYS[1], ARGV[2])
local row = text and cjson.decode(text)
if not row or input.send < 1 or input.send > tonumber(row.sends) then return { 'ignored' } end
local field = 'delivery ' .. digits(input.send)
local before = string.match(row[field] or '', '^%a*')
if before == 'delivered' or before == 'failed' or before == input.state then return { 'ignored' } end
row[field] = input.state .. ' ' .. digits(now)
save(row)
return { 'recorded' }
`,
);
