// What is kept of each visitor: node test/bench/footprint.ts '{"store":"sqlite","visitors":20000}' prints JSON.
import { randomBytes } from 'node:crypto';
import { createPhoneAuth } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';
import { closedLoop } from './closed-loop.ts';
import { BENCH_LIMITS } from './systems/ringlatch.ts';
import { openStorage } from './systems/ringlatch-storage.ts';
import type { StoreName } from './systems/system.ts';
import { tidiedBytes } from './tidied-bytes.ts';
import { visitorOf } from './visitor.ts';

/** What is measured in one process. */
export interface FootprintConfiguration {
  readonly store: StoreName;
  /** Strangers, each with a number and an address of their own. */
  readonly visitors: number;
}

/** Bytes in the store for each visitor, indexes included. */
export interface FootprintRow extends FootprintConfiguration {
  /** A code that was asked for, with its counters. */
  readonly requested: number;
  /** What signing up adds: the account, a session, a proof, counters. */
  readonly signedUp: number;
  /** The account and its session, once all else has expired and was swept. `null`: this store forgets by its own clock. */
  readonly lasting: number | null;
}

const WORKERS = 64;
const THREE_DAYS_MS = 3 * 86_400_000;
const SWEPT_AT_ONCE = 10_000;

const { store, visitors } = JSON.parse(process.argv[2] ?? '') as FootprintConfiguration;
const { storage, close } = await openStorage(store, false);
const codes = new Map<string, string>();
let later = 0;
const auth = createPhoneAuth({
  secret: randomBytes(32).toString('base64'),
  storage,
  sms: async ({ to, code }) => {
    codes.set(to, code);
  },
  tokens: joseTokens({ secret: randomBytes(32).toString('base64') }),
  appName: 'Bench',
  allowedCountries: ['IR'],
  limits: BENCH_LIMITS,
  now: () => Date.now() + later,
});

// What this process keeps for itself is there from the beginning.
const challengeIds = new Array<string>(visitors).fill('-'.repeat(38));
for (let index = 0; index < visitors; index++) codes.set(visitorOf(index).phoneNumber, '------');
const empty = await tidiedBytes(store);
await closedLoop(visitors, WORKERS, async (index) => {
  const { phoneNumber, ip } = visitorOf(index);
  challengeIds[index] = (await auth.requestCode({ phoneNumber, client: { ip } })).challengeId;
});
await auth.drain();
const requested = await tidiedBytes(store);
await closedLoop(visitors, WORKERS, async (index) => {
  const { phoneNumber, ip } = visitorOf(index);
  await auth.signInWithCode({ challengeId: challengeIds[index] ?? '', code: codes.get(phoneNumber) ?? '', client: { ip } });
});
await auth.drain();
const signedUp = await tidiedBytes(store);
later = THREE_DAYS_MS;
while ((await auth.sweep({ max: SWEPT_AT_ONCE })).count > 0);
const lasting = store === 'redis' ? null : await tidiedBytes(store);
const row: FootprintRow = {
  store,
  visitors,
  requested: (requested - empty) / visitors,
  signedUp: (signedUp - requested) / visitors,
  lasting: lasting === null ? null : (lasting - empty) / visitors,
};
process.stdout.write(`${JSON.stringify(row)}\n`);
await close();
