import { AssertionError } from 'node:assert/strict';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import {
  type ConformanceCase,
  challengeStoreCases,
  httpHostCases,
  joinedStoreCases,
  passwordHasherCases,
  sessionStoreCases,
  smsSenderCases,
  tokenIssuerCases,
  userStoreCases,
} from '../conformance/index.ts';
import { disableUser } from './disable-user.ts';
import { challengesWith } from './faulty-challenges.ts';
import { HOSTILE_AMOUNTS } from './hostile-amounts.ts';
import { HOSTILE_CHALLENGES } from './hostile-challenges.ts';
import { HOSTILE_COUNTERS } from './hostile-counters.ts';
import { HOSTILE_DELIVERIES } from './hostile-deliveries.ts';
import { HOSTILE_HOSTS, hostWith } from './hostile-hosts.ts';
import { HOSTILE_JOINED, joinedWith } from './hostile-joined.ts';
import { HOSTILE_PASSWORDS, hasherWith, weakerHasher } from './hostile-passwords.ts';
import { HOSTILE_SENDERS, senderWith } from './hostile-senders.ts';
import { HOSTILE_SESSIONS, sessionsWith } from './hostile-sessions.ts';
import { HOSTILE_TOKENS, issuersWith, keyedIssuersWith } from './hostile-tokens.ts';
import { HOSTILE_USERS } from './hostile-users.ts';
import { HOSTILE_VERIFICATION } from './hostile-verification.ts';

/** Something that is broken on purpose, with the cases of its port over it. */
export interface Variant {
  /** `challenge store`, `session store` … */
  readonly port: string;
  readonly fault: string;
  readonly cases: readonly ConformanceCase[];
}

/** What the cases found. */
export interface Verdict extends Variant {
  /** The ids of the MUST cases that failed by an assertion. */
  readonly caughtBy: readonly string[];
}

const QUICK = { rounds: 1 };

/** One port: its cases over something that opens, what is sound, and what is broken. */
interface Tried {
  readonly port: string;
  readonly sound: readonly ConformanceCase[];
  readonly variants: readonly Variant[];
}

function tried<Opening>(
  port: string,
  casesOf: (open: Opening) => readonly ConformanceCase[],
  sound: readonly Opening[],
  hostile: Readonly<Record<string, Opening>>,
): Tried {
  const variants = Object.entries(hostile).map(([fault, open]) => ({ port, fault, cases: casesOf(open) }));
  return { port, sound: sound.flatMap(casesOf), variants };
}

const ALL: readonly Tried[] = [
  tried('challenge store', (open) => challengeStoreCases(() => ({ store: open() }), QUICK), [() => challengesWith()], {
    ...HOSTILE_CHALLENGES,
    ...HOSTILE_COUNTERS,
    ...HOSTILE_AMOUNTS,
    ...HOSTILE_DELIVERIES,
  }),
  tried('session store', (open) => sessionStoreCases(() => ({ store: open() }), QUICK), [() => sessionsWith()], HOSTILE_SESSIONS),
  tried('user store', (open) => userStoreCases(() => ({ store: open() }), QUICK), [() => memoryStorage().users], {
    ...HOSTILE_USERS,
    ...HOSTILE_VERIFICATION,
  }),
  tried(
    'joined store',
    (open) =>
      joinedStoreCases<Record<string, unknown>>(() => ({ store: open() }), {
        ...QUICK,
        disable: disableUser,
        profile: () => ({ name: crypto.randomUUID() }),
      }),
    [joinedWith()],
    HOSTILE_JOINED,
  ),
  tried('token issuer', (open) => tokenIssuerCases(open), [() => issuersWith(), () => keyedIssuersWith()], HOSTILE_TOKENS),
  tried('password hasher', (open) => passwordHasherCases(open, { weaker: weakerHasher }), [() => hasherWith()], HOSTILE_PASSWORDS),
  tried('SMS sender', (open) => smsSenderCases(open, { patienceSeconds: 0.2 }), [senderWith()], HOSTILE_SENDERS),
  tried('HTTP host', (open) => httpHostCases(open), [hostWith()], HOSTILE_HOSTS),
];

/** Every broken thing. */
export const VARIANTS: readonly Variant[] = ALL.flatMap(({ variants }) => variants);

/** The cases over what the faults are laid over. */
export const SOUND: readonly ConformanceCase[] = ALL.flatMap(({ sound }) => sound);

/** The ids of the MUST cases that fail by an assertion: what merely throws has not been judged. */
async function caughtBy(cases: readonly ConformanceCase[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { id, name, run } of cases) {
    if (!name.startsWith('MUST ')) continue;
    await run().catch((error: unknown) => error instanceof AssertionError && failed.push(id));
  }
  return failed;
}

let judging: Promise<readonly Verdict[]> | undefined;

/** Judges every variant, once. */
export function verdicts(): Promise<readonly Verdict[]> {
  judging ??= judged();
  return judging;
}

async function judged(): Promise<readonly Verdict[]> {
  const all: Verdict[] = [];
  for (const variant of VARIANTS) all.push({ ...variant, caughtBy: await caughtBy(variant.cases) });
  return all;
}

/** The page that says which case catches what. */
export async function tableOfVariants(): Promise<string> {
  const all = await verdicts();
  const sections = ALL.map(({ port }) => {
    const rows = all.filter((verdict) => verdict.port === port).map(({ fault, caughtBy }) => `| ${fault} | ${caughtBy.join(', ')} |`);
    return [
      `## ${port[0]?.toUpperCase()}${port.slice(1)}s`,
      '',
      `| ${/^(HTTP|SMS)/.test(port) ? 'An' : 'A'} ${port} that … | is caught by |`,
      '|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return [
    '# What the conformance kit catches',
    '',
    `Each of these ${all.length} adapters is broken on purpose, in one place. A test runs the cases over all of them and fails when one slips`,
    'through, when a MUST case catches none, or when this page is stale. Only failed assertions count. `node test/stores/write-hostile-table.ts`',
    'writes the page.',
    '',
    ...sections,
  ].join('\n');
}
