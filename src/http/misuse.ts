/** An option that cannot be meant, as the error to throw at creation. */
export function misuse(path: string, message: string): TypeError {
  return new TypeError(`${path}: ${message}`);
}

/** Refuses what is no object, and the first key that is no option. */
export function refuseUnknownKeys(options: unknown, known: readonly string[], path: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw misuse(path, 'must be an object');
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw misuse(`${path}.${unknown}`, 'is not an option');
}

/** Refuses what did not come from `createPhoneAuth`. */
export function requireAuthObject(auth: unknown): void {
  const settings: unknown = typeof auth === 'object' && auth !== null && 'settings' in auth ? auth.settings : null;
  if (typeof settings !== 'object' || settings === null) throw misuse('auth', 'must be what createPhoneAuth returned');
}
