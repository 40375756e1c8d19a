// characters, after normalisation (NIST SP 800-63B-4, 3.1.1.2)
const MIN_PASSWORD_CHARACTERS = 8;
// beyond it a password is refused, never cut
const MAX_PASSWORD_CHARACTERS = 128;

/** What the length says against a new password. A character is a code point of the NFC form. */
export function passwordLengthProblem(password: string): 'too_short' | 'too_long' | null {
  // NFC never makes a text more than three times shorter, so that a megabyte need not be normalised to be refused
  if (password.length > MAX_PASSWORD_CHARACTERS * 8) return 'too_long';
  const characters = [...password.normalize('NFC')].length;
  if (characters < MIN_PASSWORD_CHARACTERS) return 'too_short';
  return characters > MAX_PASSWORD_CHARACTERS ? 'too_long' : null;
}
