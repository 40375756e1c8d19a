import { RETENTION_MS } from './retention.ts';

// How far a clock may be set back, or stand still, before Redis forgets what the library would still count.
const CLOCK_SLACK_MS = 3_600_000;

/**
 * What every script begins with. `ARGV[1]` is JSON of numbers, flags and names of our own; texts of others are arguments of their own.
 * Rows are JSON in which every value is a text, because `cjson` writes numbers with 14 digits only.
 *
 * Keys get their time to live from `now`, not from the clock of the server, which may go another way: `PEXPIRE` with what is left and an hour
 * more, never less than they have. So Redis forgets late and never early; what is over is judged by `now` alone.
 */
const PRELUDE = `
local input = cjson.decode(ARGV[1])
local now = input.now
local RETENTION_MS, CLOCK_SLACK_MS = ${RETENTION_MS}, ${CLOCK_SLACK_MS}

local function digits(number)
  return string.format('%.17g', number)
end

local function keepFor(last)
  return string.format('%d', math.max(0, math.ceil(last - now)) + CLOCK_SLACK_MS)
end

local function keepUntil(key, last)
  local ms = keepFor(last)
  if redis.call('PTTL', key) < tonumber(ms) then redis.call('PEXPIRE', key, ms) end
end

local function extended(json, field, value)
  return string.sub(json, 1, -2) .. ',"' .. field .. '":"' .. value .. '"}'
end

local function contains(list, value)
  for _, candidate in ipairs(list) do
    if candidate == value then return true end
  end
  return false
end
`;

/** A script of these parts. Indentation is not sent, and constants stand where they are named: a local that functions see is paid for at every call. */
export function script(...parts: readonly string[]): string {
  const constants = new Map<string, string>();
  const text = [PRELUDE, ...parts].join('').replace(/^local ([A-Z][A-Z_, ]*) = ([\d, ]+)$/gm, (_, names: string, values: string) => {
    const numbers = values.split(', ');
    for (const [index, name] of names.split(', ').entries()) constants.set(name, numbers[index] ?? '');
    return '';
  });
  return text
    .replace(/\b[A-Z][A-Z_]*\b/g, (name) => constants.get(name) ?? name)
    .replace(/\n\s*/g, '\n')
    .trim();
}
