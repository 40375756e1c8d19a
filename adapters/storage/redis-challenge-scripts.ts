import { COUNTERS } from './redis-counter-scripts.ts';
import { script } from './redis-script.ts';

// `KEYS[1]` holds the challenges of a number by id. They leave with the key; those of a busy number are looked through now and then.
const CHALLENGES = `
local CROWD = 16

local function known(id)
  local text = id ~= '' and redis.call('HGET', KEYS[1], id)
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

/** `ChallengeStore.issue`: `ARGV[2]` is the challenge, whole; its id and hash follow; then the id that `resendOf` names, and the digest under it. */
export const ISSUE: string = script(
  COUNTERS,
  CHALLENGES,
  `
local text, id, hash, resendOf, resendDigest = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local crowd = redis.call('HLEN', KEYS[1])
local sameId = crowd > 0 and known(id)
local named = crowd > 0 and known(resendOf)
local challenge = (sameId or named) and cjson.decode(text)

local function hasMet(row)
  return row and hash ~= '' and string.find(' ' .. string.sub(row.idempotencyHash, 2) .. ' ', ' ' .. hash .. ' ', 1, true)
end

local function isSameRequest(row)
  for _, field in ipairs({ 'phoneNumber', 'purpose', 'userId', 'context' }) do
    if row[field] ~= challenge[field] then return false end
  end
  return true
end

if named and not isSameRequest(named) then named = nil end
if hasMet(sameId) then return { 'repeated', cjson.encode(sameId) } end
if hasMet(named) then return { 'repeated', cjson.encode(named) } end
local refused = refusal()
if refused then return refused end
charge(input.hits)
local row = named and isLive(named) and named or sameId

if not row or not isLive(row) then
  local at = resendAt()
  redis.call('HSET', KEYS[1], id, extended(extended(text, 'usedAt', ''), 'resendAt', digits(at)))
  if crowd == 0 then
    redis.call('PEXPIRE', KEYS[1], keepFor(input.expiresAt + RETENTION_MS))
  else
    keepUntil(KEYS[1], input.expiresAt + RETENTION_MS)
  end
  if crowd >= CROWD then
    for _, other in ipairs(all()) do
      if now >= tonumber(other.expiresAt) + RETENTION_MS + CLOCK_SLACK_MS then redis.call('HDEL', KEYS[1], other.id) end
    end
  end
  return { 'issued', at, counts() }
end

if input.rotate or (row.id == id and row.reference ~= challenge.reference) then
  row.seed, row.codeLength, row.reference = challenge.seed, challenge.codeLength, challenge.reference
  if row.digest ~= '' then row.digest = row.id == id and challenge.digest or resendDigest end
end
if hash ~= '' then row.idempotencyHash = row.idempotencyHash == '' and '=' .. hash or row.idempotencyHash .. ' ' .. hash end
local ttl = input.expiresAt - tonumber(challenge.createdAt)
local expiresAt = math.min(input.expiresAt, tonumber(row.createdAt) + math.max(ttl, 600000))
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
for _, other in ipairs(redis.call('HLEN', KEYS[1]) > 1 and all() or {}) do
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

charge(input.always)
local counted = counts()
for place in pairs(forget(input.clears)) do write(place) end
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

// What became of a send stands in the row, beside its fields.
const DELIVERIES = `
local delivery = 'delivery ' .. digits(input.send)

local function stateIn(row)
  return string.match(row[delivery] or '', '^%a*')
end
`;

/** `ChallengeStore.nextSend`: `ARGV[2]` is the id. */
export const NEXT_SEND: string = script(
  COUNTERS,
  CHALLENGES,
  DELIVERIES,
  `
local row = known(ARGV[2])
if not row or tonumber(row.createdAt) ~= input.createdAt or not isLive(row) then return { 'settled' } end
if tonumber(row.sends) ~= input.send or stateIn(row) == 'delivered' then return { 'settled' } end
if input.looks then return { 'awaited' } end
local refused = refusal()
if refused then return refused end
charge(input.hits)
row.sends = digits(row.sends + 1)
return { 'next', save(row), counts() }
`,
);

/** `ChallengeStore.recordDelivery`: `ARGV[2]` is the id. */
export const RECORD_DELIVERY: string = script(
  CHALLENGES,
  DELIVERIES,
  `
local row = known(ARGV[2])
if not row or input.send < 1 or input.send > tonumber(row.sends) then return { 'unknown' } end
local before = stateIn(row)
if before == 'delivered' or before == 'failed' or before == input.state then return { 'recorded', cjson.encode(row) } end
row[delivery] = input.state .. ' ' .. digits(now)
return { 'recorded', save(row) }
`,
);
