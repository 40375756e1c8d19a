import { script } from './redis-script.ts';

// `KEYS[1]` holds the sessions of a user by id. `order` tells which of two sessions of one moment came first.
const SESSIONS = `
local function endOf(session)
  return math.min(tonumber(session.idleExpiresAt), tonumber(session.absoluteExpiresAt))
end

local function find(id)
  local text = redis.call('HGET', KEYS[1], id)
  local session = text and cjson.decode(text)
  if session and now < endOf(session) + RETENTION_MS then return session, text end
end

local function save(session)
  local text = cjson.encode(session)
  redis.call('HSET', KEYS[1], session.id, text)
  return text
end

local function all()
  local sessions = {}
  for _, text in ipairs(redis.call('HVALS', KEYS[1])) do sessions[#sessions + 1] = cjson.decode(text) end
  table.sort(sessions, function(a, b)
    local first, second = tonumber(a.createdAt), tonumber(b.createdAt)
    if first ~= second then return first < second end
    return tonumber(a.order) < tonumber(b.order)
  end)
  return sessions
end

local function liveOf(sessions, userId)
  local live = {}
  for _, session in ipairs(sessions) do
    if session.userId == userId and now < endOf(session) then live[#live + 1] = session end
  end
  return live
end
`;

/** `SessionStore.create`: `ARGV[2]` is the session, `ARGV[3]` its id, `ARGV[4]` the user. */
export const CREATE: string = script(
  SESSIONS,
  `
local text, id, userId = ARGV[2], ARGV[3], ARGV[4]
local isFirst = redis.call('HLEN', KEYS[1]) == 0
local last, others, dead, evicted = 0, {}, {}, {}
for _, other in ipairs(isFirst and {} or all()) do
  last = math.max(last, tonumber(other.order))
  if now >= endOf(other) + RETENTION_MS + CLOCK_SLACK_MS then dead[#dead + 1] = other.id end
  if other.id ~= id then others[#others + 1] = other end
end
others = liveOf(others, userId)
redis.call('HSET', KEYS[1], id, extended(text, 'order', digits(last + 1)))
if isFirst then
  redis.call('PEXPIRE', KEYS[1], keepFor(input.absoluteExpiresAt + RETENTION_MS))
else
  keepUntil(KEYS[1], input.absoluteExpiresAt + RETENTION_MS)
end
for at = 1, math.min(#others, #others + 1 - input.maxPerUser) do
  evicted[at] = others[at].id
  redis.call('HDEL', KEYS[1], evicted[at])
end
for _, other in ipairs(dead) do
  if other ~= id then redis.call('HDEL', KEYS[1], other) end
end
return { 'created', unpack(evicted) }
`,
);

/** `SessionStore.find`: `ARGV[2]` is the id. */
export const FIND: string = script(
  SESSIONS,
  `
local session, text = find(ARGV[2])
if not session or now >= endOf(session) then return { 'unknown' } end
return { 'found', text }
`,
);

/** `SessionStore.rotate`: `ARGV[2]` is the id, `ARGV[3]` the presented hash, `ARGV[4]` the next one. */
export const ROTATE: string = script(
  SESSIONS,
  `
local id, presented, nextHash = ARGV[2], ARGV[3], ARGV[4]
local session, text = find(id)
if not session then return { 'gone' } end
if now >= endOf(session) then return { 'expired' } end
if presented == session.currentHash then
  session.idleExpiresAt = digits(math.min(input.idleExpiresAt, tonumber(session.absoluteExpiresAt)))
  if input.keep then return { 'kept', save(session) } end
  session.currentHash, session.previousHash = nextHash, '=' .. presented
  session.generation, session.rotatedAt = digits(session.generation + 1), '=' .. digits(now)
  return { 'rotated', save(session) }
end
local rotatedAt = tonumber(string.sub(session.rotatedAt, 2))
if rotatedAt and now < rotatedAt + input.graceSeconds * 1000 and session.previousHash == '=' .. presented then
  return { 'replayed', text }
end
if input.revoke then redis.call('HDEL', KEYS[1], id) end
return { 'reused' }
`,
);

/** `SessionStore.revoke`: `ARGV[2]` is the id. */
export const REVOKE: string = script(
  SESSIONS,
  `
local session = find(ARGV[2])
if not session or now >= endOf(session) then return { 'gone' } end
redis.call('HDEL', KEYS[1], session.id)
return { 'revoked' }
`,
);

/** `SessionStore.revokeAllOf`: `ARGV[2]` is the user, `ARGV[3]` the id that stays. */
export const REVOKE_ALL: string = script(
  SESSIONS,
  `
local ended = 0
for _, session in ipairs(liveOf(all(), ARGV[2])) do
  if '=' .. session.id ~= ARGV[3] then ended = ended + redis.call('HDEL', KEYS[1], session.id) end
end
return { 'revoked', ended }
`,
);

/** `SessionStore.listOf`: `ARGV[2]` is the user; oldest first. */
export const LIST: string = script(
  SESSIONS,
  `
local answer = { 'listed' }
for at, session in ipairs(liveOf(all(), ARGV[2])) do answer[at + 1] = cjson.encode(session) end
return answer
`,
);
