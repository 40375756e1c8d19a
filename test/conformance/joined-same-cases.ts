import assert from 'node:assert/strict';
import type { NewChallenge, Purpose } from '../../src/core/challenge.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { userKeyOf } from '../../src/core/session.ts';
import { type ConformanceCase, casesOf, NOW, type Open, randomText } from './case.ts';
import { issueInput, newIdFor, redeemInput, someChallenge, someCooldown, someHit } from './challenge-fixture.ts';
import type { JoinedStoreOptions, WholeJoined } from './joined-fixture.ts';
import { signInInput, someDraft, wanted } from './joined-fixture.ts';
import { joinedInSequence } from './joined-in-sequence.ts';
import { DAY, rotation } from './session-fixture.ts';
import { someNumber } from './user-fixture.ts';

/** Two stores: verbs are joined in one, and called in sequence in the other. */
interface Pair<Profile> {
  readonly joined: WholeJoined<Profile>;
  readonly verbs: WholeJoined<Profile>;
}

type Step<Profile> = (store: WholeJoined<Profile>, idOf: (phoneNumber: string) => string) => Promise<unknown>;

const STEPS = 60;
const PURPOSES: readonly Purpose[] = ['sign-in', 'login', 'register'];

/** What no list of situations ends: the same steps on two stores, joined in one and in sequence in the other. */
export function joinedSameCases<Profile>(open: Open<WholeJoined<Profile>>, given: JoinedStoreOptions<Profile>): readonly ConformanceCase[] {
  const { profile = () => ({}) as Profile, ...options } = given;
  const conformance = casesOf(async () => {
    const [joined, verbs] = [await open(), await open()];
    const close = async (): Promise<void> => {
      await joined.close?.();
      await verbs.close?.();
    };
    return { store: { joined: joined.store, verbs: joinedInSequence(verbs.store) }, close };
  }, options);
  return [
    conformance('J-SAME-01', 'MUST give a new account the profile that is to be its own', async ({ store: pair }) => {
      for (const orStored of [true, false]) {
        for (const json of [null, JSON.stringify(profile()), '{}', 'null']) {
          const challenge = someChallenge({ phoneNumber: someNumber(), profile: json });
          const input = signInInput(challenge, profile(), { create: { profile: profile(), orStored } });
          await same(pair, [(store) => store.challenges.issue(issueInput(challenge)), (store) => store.signIn(input)]);
        }
      }
    }),
    conformance('J-SAME-02', 'MUST answer, and leave behind, what its verbs do in sequence', async ({ store: pair, rounds }) => {
      let round = 0;
      await rounds(() => same(pair, drawnSteps(given, profile, dice(++round))));
    }),
  ];
}

/** Takes the steps on both, and finds no difference. Ids that the stores made are compared by the number of their account. */
async function same<Profile>({ joined, verbs }: Pair<Profile>, steps: readonly Step<Profile>[]): Promise<void> {
  const [one, other] = [tellerOf(joined), tellerOf(verbs)];
  for (const [index, step] of steps.entries()) assert.deepEqual(await one(step), await other(step), `step ${index + 1} of ${steps.length}`);
}

function tellerOf<Profile>(store: WholeJoined<Profile>): (step: Step<Profile>) => Promise<unknown> {
  const names = new Map<string, string>();
  const meet = (told: unknown): void => {
    if (typeof told !== 'object' || told === null) return;
    const { id, phoneNumber, digest } = told as Readonly<Record<string, unknown>>;
    // a challenge has a number too, and an id that came from outside
    if (typeof id === 'string' && typeof phoneNumber === 'string' && digest === undefined) names.set(id, phoneNumber);
    for (const member of Object.values(told)) meet(member);
  };
  const named = (told: unknown): unknown => {
    if (typeof told === 'string') {
      for (const [id, phoneNumber] of names) {
        const userKey = userKeyOf(id);
        if (told === id) return `the user of ${phoneNumber}`;
        if (told === userKey || (told.startsWith(userKey) && told.length === 38))
          return told.replace(userKey, `the key of ${phoneNumber} `);
      }
      return told;
    }
    if (Array.isArray(told)) return told.map(named);
    if (typeof told !== 'object' || told === null) return told;
    return Object.fromEntries(Object.entries(told).map(([key, member]) => [key, named(member)]));
  };
  const idOf = (phoneNumber: string): string => [...names].find(([, number]) => number === phoneNumber)?.[0] ?? 'nobody';
  return async (step) => {
    const told = await step(store, idOf);
    meet(told);
    return named(told);
  };
}

/** The same steps for the same dice, whatever the ids and digests are. */
function drawnSteps<Profile>(
  options: JoinedStoreOptions<Profile>,
  profile: () => Profile,
  below: (bound: number) => number,
): readonly Step<Profile>[] {
  const numbers = Array.from({ length: 3 }, () => ({ phoneNumber: someNumber(), phoneKey: randomText(12) }));
  const hits = [someHit({ max: 12, when: 'wrong' }), someHit({ max: 30 }), someHit({ max: 9, windowSeconds: 30 })];
  const cooldown = someCooldown({ ladderSeconds: [0, 0, 1] });
  const challenges: NewChallenge[] = [];
  const sessions: { readonly phoneNumber: string; readonly random: string; readonly currentHash: string }[] = [];
  let now = NOW;
  const draw = <One>(list: readonly One[]): One => list[below(list.length)] as One;
  const drafted = (phoneNumber: string) => {
    const draft = someDraft(now);
    sessions.push({ phoneNumber, ...draft });
    return draft;
  };

  const issue = (): Step<Profile> => {
    const purpose = draw(PURPOSES);
    const owner = draw(numbers);
    const json = draw([null, null, JSON.stringify(profile())]);
    const old = draw([undefined, challenges.findLast((one) => one.phoneKey === owner.phoneKey)]);
    const idempotencyHash = draw([null, null, 'once']);
    const challenge = someChallenge({ ...owner, purpose, id: newIdFor(owner), profile: json, idempotencyHash, createdAt: now });
    challenges.push(challenge);
    const resend = draw(['same', 'rotate'] as const);
    const resendDigest = old === undefined || resend === 'same' ? null : randomText(32);
    const input = issueInput(challenge, { resendOf: old?.id ?? null, resend, resendDigest, hits: hits.slice(1), cooldown });
    const expects = draw(['known', 'unknown', null] as const);
    return (store) => (expects === null ? store.challenges.issue(input) : store.issue({ issue: input, expects }));
  };
  const signIn = (): Step<Profile> => {
    const challenge = draw(challenges.slice(-6)) ?? someChallenge();
    const digests = draw([[randomText(32)], challenge.digest === null ? [] : [challenge.digest]]);
    const clears = draw([[], [hits[0]?.key ?? '']]);
    const redeem = redeemInput(challenge, { now, digests, hits, clears, purposes: draw([PURPOSES, [challenge.purpose]]) });
    const orStored = draw([true, false]);
    const draft = drafted(challenge.phoneNumber);
    const exempt = draw([null, challenge.phoneNumber]);
    const maxPerUser = draw([1, 2, 20]);
    const isWanted = below(8) > 0;
    const given = { redeem, accounts: draw(['known', 'new', 'either'] as const), create: draw([null, { profile: profile(), orStored }]) };
    return (store, idOf) => {
      const exemptUserId = exempt === null ? null : idOf(exempt);
      const session = isWanted ? wanted({ draft, maxPerUser, exemptUserId }, now) : null;
      return store.signIn(signInInput(challenge, profile(), { ...given, session }));
    };
  };
  const refresh = (): Step<Profile> => {
    const session = draw(sessions.slice(-5));
    const { phoneNumber, random, currentHash } = session ?? { phoneNumber: someNumber(), random: randomText(16), currentHash: '' };
    const given = { presentedHash: draw([currentHash, currentHash, 'other']), nextHash: draw([null, randomText(32)]), now };
    const checksDisabled = draw([true, false]);
    return (store, idOf) => {
      const userId = idOf(phoneNumber);
      const rotate = rotation({ id: `${userKeyOf(userId)}${random}`, currentHash }, { ...given, idleExpiresAt: given.now + 30 * DAY });
      return store.refresh({ userId, checksDisabled, rotate });
    };
  };
  const byPassword = (): Step<Profile> => {
    const { phoneNumber } = draw(numbers);
    const at = now;
    const clears = draw([[], [hits[0]?.key ?? '']]);
    const draft = drafted(phoneNumber);
    const expected = draw([null, 'another']);
    return async (store, idOf) => {
      const tried = await store.tryPassword({ take: { hits: hits.slice(2), cooldown: null, now: at }, phoneNumber });
      const expectedHash = expected ?? tried.passwordHash ?? 'none';
      const pass = { userId: idOf(phoneNumber), expectedHash, clears, draft, maxPerUser: 2, userKeyOf, now: at };
      return { ...tried, passed: await store.passPassword(pass) };
    };
  };
  const account = (): Step<Profile> => {
    const [{ phoneNumber }, own, at] = [draw(numbers), profile(), now];
    const passwordHash = options.hasPasswords === false ? null : draw([null, randomText(8)]);
    return (store) => store.users.create({ phoneNumber, profile: own, passwordHash, now: at });
  };
  const disable = (): Step<Profile> => {
    const { phoneNumber } = draw(numbers);
    return async (store, idOf) => void (await options.disable?.({ store, userId: idOf(phoneNumber) }));
  };
  const wait = (): Step<Profile> => {
    now += draw([1, 1000, 40_000, 600_000, DAY, 46 * DAY]);
    return async () => undefined;
  };
  const state = (): Step<Profile> => async (store, idOf) =>
    Promise.all(
      numbers.map(async ({ phoneNumber }) => ({
        user: await store.users.findByPhoneNumber({ phoneNumber: phoneNumber as PhoneNumber }),
        sessions: await store.sessions.listOf({ userId: idOf(phoneNumber), userKey: userKeyOf(idOf(phoneNumber)), now }),
        counts: await store.challenges.take({ hits: hits.map((hit) => ({ ...hit, amount: 0 })), cooldown: null, now }),
      })),
    );
  const rare = [...(options.hasPasswords === false ? [] : [byPassword]), ...(options.disable === undefined ? [] : [disable])];
  const kinds = [issue, issue, issue, signIn, signIn, signIn, refresh, refresh, account, wait, ...rare];
  return Array.from({ length: STEPS }, (_, index) => (index % 10 === 9 ? state() : draw(kinds)()));
}

/** Numbers below a bound, the same ones for the same seed (mulberry32): a case that fails fails again. */
function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
