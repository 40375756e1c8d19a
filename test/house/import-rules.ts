import type { ImportLine } from './source-file.ts';

type Room =
  | 'core'
  | 'ports'
  | 'errors'
  | 'address'
  | 'events'
  | 'runtime'
  | 'config'
  | 'settings'
  | 'context'
  | 'factories'
  | 'index'
  | 'steps'
  | 'flows'
  | 'http'
  | 'storage'
  | 'sms'
  | 'tokens'
  | 'passwords'
  | 'captcha'
  | 'hosts'
  | 'kit'
  | 'conformance';

// The first that matches decides.
const ROOMS: readonly (readonly [RegExp, Room])[] = [
  [/^src\/core\//, 'core'],
  [/^src\/ports\//, 'ports'],
  [/^src\/flows\/steps\//, 'steps'],
  [/^src\/flows\//, 'flows'],
  [/^src\/http\//, 'http'],
  [/^src\/errors\.ts$/, 'errors'],
  [/^src\/address\.ts$/, 'address'],
  [/^src\/events\.ts$/, 'events'],
  [/^src\/(node-crypto|runtime-hmac|draw-ahead)\.ts$/, 'runtime'],
  [/^src\/(config|delivery-plan)\.ts$/, 'config'],
  [/^src\/(settings|config-schema|delivery-routes|describe|limit-contradictions)\.ts$/, 'settings'],
  [/^src\/(context|deadline|tallies|breakers|pauses)\.ts$/, 'context'],
  [/^src\/create-.*\.ts$/, 'factories'],
  [/^src\/index\.ts$/, 'index'],
  [/^adapters\/storage\//, 'storage'],
  [/^adapters\/sms\//, 'sms'],
  [/^adapters\/tokens\//, 'tokens'],
  [/^adapters\/passwords\//, 'passwords'],
  [/^adapters\/captcha\//, 'captcha'],
  [/^adapters\/http\//, 'hosts'],
  [/^test\/kit\//, 'kit'],
  [/^test\/conformance\//, 'conformance'],
];

interface Doors {
  /** Rooms whose values it may use. */
  readonly values: readonly Room[];
  /** Rooms of which it may know the types beside those. */
  readonly types: readonly Room[];
}

const DOORS: Readonly<Record<Room, Doors>> = {
  core: { values: ['core'], types: [] },
  ports: { values: [], types: ['core', 'ports', 'errors'] },
  errors: { values: [], types: ['core', 'flows'] },
  address: { values: [], types: [] },
  events: { values: [], types: ['core', 'errors', 'ports'] },
  runtime: { values: ['core', 'runtime'], types: [] },
  config: { values: ['core'], types: ['ports', 'events', 'errors', 'config'] },
  settings: { values: ['core', 'runtime', 'config', 'settings'], types: ['ports'] },
  context: { values: ['core', 'errors', 'events', 'settings', 'context'], types: ['ports', 'config'] },
  steps: {
    values: ['core', 'steps', 'context', 'errors', 'events', 'address'],
    types: ['ports', 'config', 'settings', 'factories', 'flows'],
  },
  flows: {
    values: ['core', 'steps', 'context', 'errors', 'events', 'address'],
    types: ['ports', 'config', 'settings', 'factories', 'flows'],
  },
  factories: {
    values: ['core', 'runtime', 'steps', 'flows', 'config', 'settings', 'context', 'errors', 'events', 'factories'],
    types: ['ports'],
  },
  index: { values: ['core', 'errors', 'events', 'config', 'factories', 'http'], types: ['ports', 'context', 'flows', 'steps'] },
  http: { values: ['http', 'errors', 'address'], types: ['ports', 'config', 'context', 'factories'] },
  storage: { values: ['storage'], types: ['core', 'ports', 'errors'] },
  sms: { values: ['sms', 'errors', 'core'], types: ['ports'] },
  tokens: { values: ['tokens', 'runtime', 'errors'], types: ['ports'] },
  passwords: { values: ['passwords', 'errors'], types: ['ports'] },
  captcha: { values: ['captcha', 'errors'], types: ['ports', 'config'] },
  hosts: { values: ['hosts', 'http', 'errors', 'address'], types: ['ports', 'config', 'context', 'factories'] },
  kit: {
    values: ['kit', 'core', 'index', 'factories', 'storage', 'sms', 'tokens', 'passwords', 'errors'],
    types: ['ports', 'config', 'context', 'events'],
  },
  conformance: { values: ['conformance', 'kit', 'errors', 'core'], types: ['ports', 'config', 'context', 'events', 'factories', 'http'] },
};

// Each library is met where it is used; a second place would be a second truth about it.
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  '@noble/hashes': ['src/core/keys.ts'],
  '@node-rs/argon2': ['adapters/passwords/argon2id.ts'],
  jose: ['adapters/tokens/jose-signatures.ts'],
  // The kit makes up numbers that could exist.
  'libphonenumber-js': ['src/core/phone-number.ts', 'test/kit/phone-numbers.ts'],
  otplib: ['src/core/code.ts'],
  zod: ['src/config-schema.ts', 'src/http/schemas.ts'],
};

/** What is wrong with an import line of `src`, `adapters` or the published parts of `test`, or `null`. */
export function faultOf(line: ImportLine): string | null {
  const room = roomOf(line.file);
  if (room === null) return `${line.where}\n  stands in no room of the house`;
  if (line.target.startsWith('node:'))
    return /^(adapters|test\/conformance)\//.test(line.file) ? null : `${line.where}\n  \`node:\` is for adapters that say so`;
  const target = roomOf(line.target);
  if (target !== null) {
    const { values, types } = DOORS[room];
    if (values.includes(target) || (line.typeOnly && types.includes(target))) return null;
    return `${line.where}\n  ${room} must not know ${types.includes(target) ? 'values' : 'anything'} of ${target}`;
  }
  const library = Object.keys(LIBRARIES).find((name) => line.target === name || line.target.startsWith(`${name}/`));
  if (library === undefined) return `${line.where}\n  ${line.target} is not a part of this package`;
  return LIBRARIES[library]?.includes(line.file)
    ? null
    : `${line.where}\n  ${library} is met in ${LIBRARIES[library]?.join(' and ')} alone`;
}

function roomOf(path: string): Room | null {
  return ROOMS.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}
