import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf, NOW, type Open } from './case.ts';
import { killed, otherPurposes, redeemInput, someHit, someProof, spendInput, wrongInput } from './challenge-fixture.ts';
import {
  accountIn,
  assertOpened,
  issuedTo,
  type JoinedStoreOptions,
  sessionsOf,
  signInInput,
  type WholeJoined,
  wanted,
} from './joined-fixture.ts';
import { DAY } from './session-fixture.ts';
import { numberOf } from './user-fixture.ts';

/** `JoinedStore.signIn`: the code and its account. */
export function signInCases<Profile>(
  open: Open<WholeJoined<Profile>>,
  { profile = () => ({}) as Profile, ...options }: JoinedStoreOptions<Profile>,
): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('J-SIGNIN-01', 'MUST refuse a code as redeem does, and then look for nobody and make nothing', async ({ store }) => {
      const user = await accountIn(store, profile());
      for (const how of ['wrong', 'unknown', 'used', 'exhausted', 'expired', 'limited'] as const) {
        const phoneNumber = how === 'unknown' ? undefined : user.phoneNumber;
        const challenge = await issuedTo(store, phoneNumber === undefined ? {} : { phoneNumber });
        const hit = someHit({ max: 1, when: 'wrong' });
        if (how === 'limited') await store.challenges.take({ hits: [{ ...hit, when: 'always' }], cooldown: null, now: NOW });
        const isDead = how === 'used' || how === 'exhausted' || how === 'expired';
        const now = isDead ? await killed(store.challenges, challenge, how) : NOW;
        const right = redeemInput(challenge, { now, ...(how === 'limited' && { hits: [hit] }) });
        const redeem =
          how === 'wrong' ? wrongInput(challenge) : { ...right, ...(how === 'unknown' && { purposes: otherPurposes('sign-in') }) };
        const { redeemed, ...rest } = await store.signIn(signInInput(challenge, profile(), { redeem }));
        assert.equal(redeemed.is, how);
        if (redeemed.is === 'wrong') assert.equal(redeemed.attemptsLeft, challenge.maxAttempts - 1);
        assert.deepEqual(rest, { account: { is: 'left' }, opened: null });
        if (how === 'unknown') assert.equal(await store.users.findByPhoneNumber({ phoneNumber: numberOf(challenge) }), null);
      }
      assert.deepEqual(await sessionsOf(store, user.id), []);
    }),
    conformance('J-SIGNIN-02', 'MUST open a session of the account that the number has', async ({ store }) => {
      for (const accounts of ['known', 'either'] as const) {
        const user = await accountIn(store, profile());
        const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber });
        const session = wanted();
        const answer = await store.signIn(signInInput(challenge, profile(), { accounts, session }));
        const found = await store.users.findById({ userId: user.id });
        assert.deepEqual([answer.redeemed.is, answer.account], ['accepted', { is: 'found', user: found }]);
        await assertOpened(store, answer.opened, { userId: user.id, draft: session.draft, now: NOW });
        assert.deepEqual(answer.opened?.evicted, []);
      }
    }),
    conformance('J-SIGNIN-03', 'MUST make the account of a new number, with a session', async ({ store }) => {
      for (const accounts of ['new', 'either'] as const) {
        const challenge = await issuedTo(store);
        const session = wanted();
        const { account, opened } = await store.signIn(signInInput(challenge, profile(), { accounts, session }));
        assert.equal(account.is, 'created');
        const { user } = account;
        assert.equal(user.phoneNumber, challenge.phoneNumber);
        assert.deepEqual(await store.users.findByPhoneNumber({ phoneNumber: numberOf(challenge) }), user);
        await assertOpened(store, opened, { userId: user.id, draft: session.draft, now: NOW });
      }
    }),
    conformance('J-SIGNIN-04', 'MUST make no account where a known one is asked for', async ({ store }) => {
      const challenge = await issuedTo(store);
      const { redeemed, account, opened } = await store.signIn(signInInput(challenge, profile(), { accounts: 'known' }));
      assert.deepEqual([redeemed.is, account, opened], ['accepted', { is: 'absent' }, null]);
      assert.equal(await store.users.findByPhoneNumber({ phoneNumber: numberOf(challenge) }), null);
    }),
    conformance('J-SIGNIN-05', 'MUST say that a number is taken where a new account is asked for', async ({ store }) => {
      const user = await accountIn(store, profile());
      const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber });
      const { redeemed, account, opened } = await store.signIn(signInInput(challenge, profile(), { accounts: 'new' }));
      assert.deepEqual([redeemed.is, account, opened], ['accepted', { is: 'phone_number_taken' }, null]);
      assert.deepEqual(await sessionsOf(store, user.id), []);
    }),
    conformance('J-SIGNIN-06', 'MUST leave a new account to the caller where no profile is at hand', async ({ store }) => {
      for (const [accounts, is] of [
        ['new', 'left'],
        ['either', 'absent'],
      ] as const) {
        const challenge = await issuedTo(store, { profile: JSON.stringify(profile()) });
        const { redeemed, account, opened } = await store.signIn(signInInput(challenge, profile(), { accounts, create: null }));
        assert.deepEqual([redeemed.is, account, opened], ['accepted', { is }, null]);
        assert.equal(await store.users.findByPhoneNumber({ phoneNumber: numberOf(challenge) }), null);
      }
      const user = await accountIn(store, profile());
      const known = await issuedTo(store, { phoneNumber: user.phoneNumber });
      assert.equal((await store.signIn(signInInput(known, profile(), { create: null }))).account.is, 'found');
    }),
    conformance('J-SIGNIN-07', 'MUST keep the proof, so that it can be spent', async ({ store }) => {
      const challenge = await issuedTo(store);
      const proof = someProof();
      const redeem = redeemInput(challenge, { proof });
      assert.equal((await store.signIn(signInInput(challenge, profile(), { redeem }))).redeemed.is, 'accepted');
      const spent = await store.challenges.spend(spendInput(challenge, proof));
      assert.equal(spent.is === 'spent' && spent.proof.phoneNumber, challenge.phoneNumber);
    }),
    conformance('J-SIGNIN-10', 'MUST open no session where none is wanted', async ({ store }) => {
      const user = await accountIn(store, profile(), { now: NOW - 2 * DAY });
      const known = await issuedTo(store, { phoneNumber: user.phoneNumber });
      const found = await store.signIn(signInInput(known, profile(), { session: null }));
      const created = await store.signIn(signInInput(await issuedTo(store), profile(), { accounts: 'new', session: null }));
      assert.deepEqual([found.account.is, found.opened, created.account.is, created.opened], ['found', null, 'created', null]);
      const userId = created.account.is === 'created' ? created.account.user.id : '';
      assert.deepEqual([await sessionsOf(store, user.id), await sessionsOf(store, userId)], [[], []]);
    }),
  ];
}
