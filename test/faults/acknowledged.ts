import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { forEachOf, pause } from './waiting.ts';

/** The stores of an auth object. */
export interface Stores {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: UserStore<UserRecord, Record<string, unknown>>;
  readonly joined?: JoinedStore<UserRecord, Record<string, unknown>> | undefined;
}

type Issue = Parameters<ChallengeStore['issue']>[0];
type Redeem = Parameters<ChallengeStore['redeem']>[0];
type Spend = Parameters<ChallengeStore['spend']>[0];
type Rotate = Parameters<SessionStore['rotate']>[0];

/** What a store has answered, and must never take back. */
export type Acknowledged =
  | { readonly what: 'issued'; readonly input: Pick<Issue, 'challenge' | 'now'> }
  | { readonly what: 'accepted'; readonly input: Redeem }
  | { readonly what: 'spent'; readonly input: Spend }
  | { readonly what: 'rotated'; readonly input: Rotate }
  | { readonly what: 'session'; readonly sessionId: string; readonly now: number }
  | { readonly what: 'user'; readonly userId: string; readonly phoneNumber: string; readonly now: number };

/** The same stores; whatever they acknowledge is noted, also when nobody waits for the answer any more. */
export function recorded(stores: Stores, note: (acknowledged: Acknowledged) => void): Stores {
  const singly = recordedVerbs(stores, note);
  return stores.joined === undefined ? singly : { ...singly, joined: recordedJoined({ ...stores.joined, ...singly }, note) };
}

function recordedJoined(joined: NonNullable<Stores['joined']>, note: (acknowledged: Acknowledged) => void): NonNullable<Stores['joined']> {
  return {
    ...joined,
    async issue(input) {
      const answer = await joined.issue(input);
      if (answer.is === 'issued') note({ what: 'issued', input: { challenge: answer.challenge, now: input.issue.now } });
      return answer;
    },
    async signIn(input) {
      const answer = await joined.signIn(input);
      const { now } = input.redeem;
      const { redeemed, account, opened } = answer;
      if (redeemed.is === 'accepted') note({ what: 'accepted', input: input.redeem });
      if (account.is === 'created') note({ what: 'user', userId: account.user.id, phoneNumber: account.user.phoneNumber ?? '', now });
      if (opened !== null) note({ what: 'session', sessionId: opened.session.id, now });
      return answer;
    },
    async refresh(input) {
      const answer = await joined.refresh(input);
      if (answer.rotated?.is === 'rotated') note({ what: 'rotated', input: input.rotate });
      return answer;
    },
  };
}

function recordedVerbs({ challenges, sessions, users }: Stores, note: (acknowledged: Acknowledged) => void): Stores {
  return {
    challenges: {
      ...challenges,
      async issue(input) {
        const answer = await challenges.issue(input);
        if (answer.is === 'issued') note({ what: 'issued', input: { challenge: answer.challenge, now: input.now } });
        return answer;
      },
      async redeem(input) {
        const answer = await challenges.redeem(input);
        if (answer.is === 'accepted' && !input.keep) note({ what: 'accepted', input });
        return answer;
      },
      async spend(input) {
        const answer = await challenges.spend(input);
        if (answer.is === 'spent') note({ what: 'spent', input });
        return answer;
      },
    },
    sessions: {
      ...sessions,
      async create(input) {
        const answer = await sessions.create(input);
        note({ what: 'session', sessionId: input.session.id, now: input.now });
        return answer;
      },
      async rotate(input) {
        const answer = await sessions.rotate(input);
        if (answer.is === 'rotated') note({ what: 'rotated', input });
        return answer;
      },
    },
    users: {
      ...users,
      async create(input) {
        const answer = await users.create(input);
        if (answer.is === 'created') note({ what: 'user', userId: answer.user.id, phoneNumber: input.phoneNumber, now: input.now });
        return answer;
      },
    },
  };
}

/** What of it the stores no longer know, or would do a second time. */
export async function missingFrom(stores: Stores, acknowledged: readonly Acknowledged[]): Promise<readonly Acknowledged[]> {
  const missing: Acknowledged[] = [];
  await forEachOf(acknowledged, 16, async (one) => {
    if (!(await patiently(() => stillHolds(stores, one)))) missing.push(one);
  });
  return missing;
}

// Connections that the fault has broken are found out one by one.
async function patiently(ask: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return await ask();
    } catch {
      await pause(100);
    }
  }
  return ask();
}

/** Numbers to which more than one account was given. */
export function doubledAccounts(acknowledged: readonly Acknowledged[]): readonly string[] {
  const owners = new Map<string, Set<string>>();
  for (const one of acknowledged) {
    if (one.what === 'user') owners.set(one.phoneNumber, (owners.get(one.phoneNumber) ?? new Set()).add(one.userId));
  }
  return [...owners].filter(([, ids]) => ids.size > 1).map(([phoneNumber]) => phoneNumber);
}

async function stillHolds({ challenges, sessions, users }: Stores, one: Acknowledged): Promise<boolean> {
  switch (one.what) {
    case 'issued': {
      // A wrong digest: whatever became of the row since, it is known.
      const proof = { hash: crypto.randomUUID(), expiresAt: one.input.now };
      const { id, purpose } = one.input.challenge;
      const asked = { id, purposes: [purpose], digests: ['-'], hits: [], clears: [], proof, keep: false, now: one.input.now };
      return (await challenges.redeem(asked)).is !== 'unknown';
    }
    case 'accepted':
      return (await challenges.redeem({ ...one.input, proof: { ...one.input.proof, hash: crypto.randomUUID() } })).is === 'used';
    case 'spent':
      return (await challenges.spend({ ...one.input, nextProofHash: crypto.randomUUID() })).is === 'refused';
    case 'rotated':
      return (await sessions.rotate({ ...one.input, graceSeconds: 0, onReuse: 'reject' })).is === 'reused';
    case 'session':
      return (await sessions.find({ sessionId: one.sessionId, now: one.now })) !== null;
    case 'user':
      return isUser(users, one);
  }
}

async function isUser(users: Stores['users'], { userId, phoneNumber, now }: Extract<Acknowledged, { what: 'user' }>): Promise<boolean> {
  const number = phoneNumber as Parameters<Stores['users']['findByPhoneNumber']>[0]['phoneNumber'];
  const found = await users.findByPhoneNumber({ phoneNumber: number });
  const again = await users.create({ phoneNumber: number, profile: {}, passwordHash: null, now });
  return found?.id === userId && again.is === 'phone_number_taken';
}
