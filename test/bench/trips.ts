// How often an operation asks its store, counted at the driver: node test/bench/trips.ts '{"system":"ringlatch","store":"postgres"}' prints JSON.
import { closedLoop } from './closed-loop.ts';
import { type Counts, countDrivers } from './driver-counts.ts';
import type { OpenRinglatch } from './systems/ringlatch.ts';
import type { OpenSystem, StoreName } from './systems/system.ts';
import { loadSystem, type SystemName } from './systems/systems.ts';
import { type Visitor, visitorOf, visitorsFrom } from './visitor.ts';

/** What is counted in one run. */
export interface TripsConfiguration {
  readonly system: SystemName;
  readonly store: StoreName;
}

/** One operation alone, and as many as wait at the same moment. */
export interface TripsRow extends TripsConfiguration {
  readonly operation: string;
  readonly alone: Counts;
  /** Per operation, while 64 of them are under way. */
  readonly together: Counts | null;
}

const WARM_UP = 5;
const TOGETHER = 256;
const WORKERS = 64;

const configuration = JSON.parse(process.argv[2] ?? '') as TripsConfiguration;
const drivers = await countDrivers();
const open = await (await loadSystem(configuration.system)).open(configuration.store);
const { operations } = open;
if (operations === null) throw new TypeError(`${configuration.system} is only served.`);
let visitors = 0;

const codeFor = async (visitor: Visitor): Promise<string> => {
  await open.settle();
  return open.codeFor(visitor.phoneNumber);
};
const requested = async (visitor: Visitor): Promise<Visitor> => {
  await operations.requestCode(visitor);
  return visitor;
};
const signedUp = async (visitor: Visitor): Promise<Visitor> => {
  await requested(visitor);
  await operations.signIn(visitor, await codeFor(visitor));
  return visitor;
};
const known = async (visitor: Visitor): Promise<Visitor> => requested(await signedUp(visitor));

if (operations.loginWithPassword === undefined) {
  await tell('request', async (visitor) => visitor, operations.requestCode);
  await tell('sign-in, new number', requested, async (visitor) => operations.signIn(visitor, open.codeFor(visitor.phoneNumber)));
  await tell('sign-in, known number', known, async (visitor) => operations.signIn(visitor, open.codeFor(visitor.phoneNumber)));
  if (operations.refresh !== undefined) await tell('refresh', signedUp, operations.refresh);
  if (isRinglatch(open)) await tellOthers(open);
} else {
  await tell('login with password', signedUp, operations.loginWithPassword);
}
await open.close();

/** Functions that only the library has. */
async function tellOthers({ auth }: OpenRinglatch): Promise<void> {
  const asking = (purpose: 'verify' | 'register' | 'login') => async (visitor: Visitor) => {
    if (purpose === 'login') await signedUp(visitor);
    const { phoneNumber, ip } = visitor;
    visitor.challengeId = (await auth.requestCode({ phoneNumber, purpose, client: { ip } })).challengeId;
    return visitor;
  };
  const answerOf = ({ challengeId, phoneNumber, ip }: Visitor) => ({ challengeId, code: open.codeFor(phoneNumber), client: { ip } });
  await tell('validate', asking('verify'), async (visitor) => void (await auth.validateVerificationCode(answerOf(visitor))));
  await tell('register', asking('register'), async (visitor) => void (await auth.registerWithCode(answerOf(visitor))));
  await tell('login with code', asking('login'), async (visitor) => void (await auth.loginWithCode(answerOf(visitor))));
}

async function tell(
  operation: string,
  prepare: (visitor: Visitor) => Promise<Visitor>,
  act: (visitor: Visitor) => Promise<void>,
): Promise<void> {
  const next = async (): Promise<Visitor> => {
    const visitor = await prepare(visitorOf(visitors++));
    await codeFor(visitor);
    return visitor;
  };
  for (let time = 0; time < WARM_UP; time++) await act(await next());
  const one = await next();
  drivers.take();
  await act(one);
  await open.settle();
  const alone = drivers.take();
  process.stdout.write(
    `${JSON.stringify({ ...configuration, operation, alone, together: await together(prepare, act) } satisfies TripsRow)}\n`,
  );
}

async function together(prepare: (visitor: Visitor) => Promise<Visitor>, act: (visitor: Visitor) => Promise<void>): Promise<Counts | null> {
  // Hashes of passwords do not wait in such numbers: the queue is shorter.
  if (operations?.loginWithPassword !== undefined) return null;
  const many = visitorsFrom(visitors, TOGETHER);
  visitors += TOGETHER;
  await closedLoop(TOGETHER, WORKERS, (index) => prepare(many[index] as Visitor));
  await open.settle();
  drivers.take();
  await closedLoop(TOGETHER, WORKERS, (index) => act(many[index] as Visitor));
  await open.settle();
  const { postgres, redis, sqlite, sqliteTransactions } = drivers.take();
  const each = (count: number): number => count / TOGETHER;
  return { postgres: each(postgres), redis: each(redis), sqlite: each(sqlite), sqliteTransactions: each(sqliteTransactions) };
}

function isRinglatch(system: OpenSystem): system is OpenRinglatch {
  return 'auth' in system;
}
