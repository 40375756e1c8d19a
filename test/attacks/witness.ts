import { inspect } from 'node:util';
import { isPhoneAuthError } from '../../src/errors.ts';

/** What a run of everything leaves behind, as text, and what must be in none of it. */
export interface Testimony {
  /** Where something was said, and what: events, errors, bodies, headers. */
  readonly said: readonly { readonly where: string; readonly text: string }[];
  /** Codes, in order of sending. */
  readonly codes: readonly string[];
  /** Passwords, tokens, proofs and the secret of the server, each under a name. */
  readonly secrets: readonly { readonly name: string; readonly text: string }[];
}

/** Listens to everything. */
export interface Witness {
  readonly testimony: () => Testimony;
  readonly learnCode: (code: string) => void;
  readonly learn: (name: string, text: string) => void;
  readonly hear: (where: string, text: string) => void;
  /** Waits for a call: what its answer delivers is secret from then on; what it throws was said, and is given. */
  readonly watch: <Answer>(where: string, call: Promise<Answer>) => Promise<Answer | Error>;
  /** Takes a response apart: the tokens that a body delivers are secret, the rest of it was said. */
  readonly read: (where: string, response: Response) => Promise<Readonly<Record<string, unknown>>>;
}

// Where a token is meant to be, over HTTP and in answers; anywhere else it is a leak.
const DELIVERED: ReadonlySet<string> = new Set(['accessToken', 'refreshToken', 'deviceToken', 'proof']);

/** A {@link Witness} who heard nothing yet. */
export function witness(): Witness {
  const said: { where: string; text: string }[] = [];
  const codes: string[] = [];
  const secrets = new Map<string, string>();
  // a cleared cookie is empty, and the notice to an old number has no code
  const learn = (name: string, text: string): void => void (text !== '' && secrets.set(text, name));
  const hear = (where: string, text: string): void => void said.push({ where, text });

  const learnFrom = (answer: unknown): void => {
    if (typeof answer !== 'object' || answer === null) return;
    for (const [key, value] of Object.entries(answer)) if (DELIVERED.has(key) && typeof value === 'string') learn(key, value);
  };

  return {
    testimony: () => ({ said, codes, secrets: [...secrets].map(([text, name]) => ({ name, text })) }),
    learnCode: (code) => void (code !== '' && codes.push(code)),
    learn,
    hear,
    async watch(where, call) {
      try {
        const answer = await call;
        learnFrom(answer);
        hear(`${where}, answered`, JSON.stringify(answer, undelivered));
        return answer;
      } catch (error) {
        if (!isPhoneAuthError(error)) throw error;
        learnFrom(error.details);
        hear(`${where}, thrown, as JSON`, JSON.stringify(error, undelivered));
        // `details.proof` is where a proof is handed over; whatever else an inspection shows is said
        const shown = inspect(error, { depth: 20, showHidden: true });
        const proof = 'proof' in error.details ? error.details.proof : undefined;
        hear(`${where}, thrown, inspected`, proof === undefined ? shown : shown.replace(`proof: '${proof}'`, 'proof: …'));
        return error;
      }
    },
    async read(where, response) {
      const body = await response.text();
      const content = (body === '' ? {} : JSON.parse(body)) as Readonly<Record<string, unknown>>;
      learnFrom(content);
      const headers = [...response.headers].filter(([name]) => name !== 'set-cookie');
      for (const cookie of response.headers.getSetCookie()) learn('cookie', cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';')));
      hear(`${where}, ${response.status}`, JSON.stringify([headers, content], undelivered));
      return content;
    },
  };
}

function undelivered(key: string, value: unknown): unknown {
  return DELIVERED.has(key) ? '…' : value;
}
