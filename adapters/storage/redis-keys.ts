/** The names of everything that this library keeps in Redis. */
export interface RedisKeys {
  /** The challenges of a number, by id. */
  challenges(phoneKey: string): string;
  proof(phoneKey: string, hash: string): string;
  /** The counters of a slot, by {@link nameIn}. */
  counters(key: string): string;
  /** Marks a charge that several calls share, beside the counters of a slot. */
  claim(slot: string, name: string): string;
  /** The sessions of a user, by id. */
  sessions(userKey: string): string;
}

/** Names that begin with the prefix, each with its slot in braces. */
export function redisKeys(prefix: string): RedisKeys {
  return {
    challenges: (phoneKey) => `${prefix}challenges:${tag(phoneKey)}`,
    proof: (phoneKey, hash) => `${prefix}proof:${tag(phoneKey)}${hash}`,
    counters: (key) => `${prefix}counters:${key.slice(0, endOfSlot(key))}`,
    claim: (slot, name) => `${prefix}claim:{${slot}}${name}`,
    sessions: (userKey) => `${prefix}sessions:${tag(userKey)}`,
  };
}

/** The phoneKey at the front of a challenge id, the userKey at the front of a session id. */
export function ownerIn(id: string): string {
  return id.slice(0, 16);
}

/** What stands behind the slot of a counter. */
export function nameIn(key: string): string {
  return key.slice(endOfSlot(key));
}

/**
 * The part of a key that decides its slot: what stands in the first braces, else all of it.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export function slotOf(key: string): string {
  return /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key;
}

// Behind the first braces, if anything is in them; else all of it decides.
function endOfSlot(key: string): number {
  const from = key.indexOf('{');
  const to = key.indexOf('}', from);
  return from >= 0 && to > from + 1 ? to + 1 : key.length;
}

// Braces, or nothing between the braces, would scatter the keys of one owner; what the core makes is base64url and stays as it is.
function tag(owner: string): string {
  const safe = owner.replace(/[%{}]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `{${safe === '' ? '%' : safe}}`;
}
