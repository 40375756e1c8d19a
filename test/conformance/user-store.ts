import assert from 'node:assert/strict';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import { createdUser, numberOf, someNumber, type WholeStore } from './user-fixture.ts';
import { verificationCases } from './verification-cases.ts';

/** How a user store is tried. */
export interface UserStoreOptions<Profile> extends RaceOptions {
  /** Makes a profile that the store takes, another one each time. @default an empty object */
  readonly profile?: (() => Profile) | undefined;
  /** The store has `setPhoneNumber`. @default true */
  readonly changesNumbers?: boolean | undefined;
  /** The store has `passwordHashOf` and `setPasswordHash`. @default true */
  readonly hasPasswords?: boolean | undefined;
  /** The store has `setPhoneNumberVerifiedAt`. @default true */
  readonly keepsVerifiedAt?: boolean | undefined;
}

/** What every user store must and should do, by verb. */
export function userStoreCases<Profile>(
  open: Open<UserStore<UserRecord, Profile>>,
  given: UserStoreOptions<Profile> = {},
): readonly ConformanceCase[] {
  const { profile = () => ({}) as Profile, changesNumbers = true, hasPasswords = true, keepsVerifiedAt = true, ...options } = given;
  const whole = open as Open<WholeStore<Profile>>;
  const conformance = casesOf(whole, options);
  const create = (store: WholeStore<Profile>, phoneNumber: PhoneNumber, passwordHash: string | null = null) =>
    store.create({ phoneNumber, profile: profile(), passwordHash, now: NOW });
  const created = (store: WholeStore<Profile>, passwordHash?: string): Promise<UserRecord> => createdUser(store, profile(), passwordHash);
  const always = [
    conformance('U-CREATE-01', 'MUST find a new user by id and by number', async ({ store }) => {
      const phoneNumber = someNumber();
      const answer = await create(store, phoneNumber);
      assert.equal(answer.is, 'created');
      const { user } = answer;
      assert.equal(user.phoneNumber, phoneNumber);
      assert.ok(typeof user.id === 'string' && user.id !== '');
      assert.ok(user.disabled === false || user.disabled === undefined);
      assert.deepEqual(await store.findById({ userId: user.id }), user);
      assert.deepEqual(await store.findByPhoneNumber({ phoneNumber }), user);
    }),
    conformance('U-CREATE-02', 'MUST refuse a second account for a number, and leave the first as it is', async ({ store }) => {
      const first = await created(store, 'hash');
      assert.deepEqual(await create(store, numberOf(first)), { is: 'phone_number_taken' });
      assert.deepEqual(await store.findByPhoneNumber({ phoneNumber: numberOf(first) }), first);
    }),
    conformance('U-CREATE-03', 'MUST make one account when calls for one number race', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const phoneNumber = someNumber();
        const answers = await race((peer) => create(peer, phoneNumber));
        assert.deepEqual(tally(answers), { created: 1, phone_number_taken: parallel - 1 });
        const winner = answers.find((answer) => answer.is === 'created');
        assert.deepEqual(await store.findByPhoneNumber({ phoneNumber }), winner?.is === 'created' ? winner.user : null);
      });
    }),
    conformance('U-CREATE-04', 'MUST give different users different ids', async ({ race }) => {
      const answers = await race((peer) => create(peer, someNumber()));
      const ids = answers.map((answer) => (answer.is === 'created' ? answer.user.id : ''));
      assert.ok(new Set(ids).size === ids.length && !ids.includes(''));
    }),
    conformance('U-FIND-01', 'MUST find nobody under an unknown id or number', async ({ store }) => {
      const user = await created(store);
      for (const userId of ['', '*', "' OR 1=1 --", '__proto__', 'constructor', `${user.id} `, randomText(16)]) {
        assert.equal(await store.findById({ userId }), null);
      }
      for (const number of [someNumber(), numberOf(user).slice(0, -1), numberOf(user).slice(1), `${user.phoneNumber}0`, '%']) {
        assert.equal(await store.findByPhoneNumber({ phoneNumber: number as PhoneNumber }), null);
      }
    }),
  ];
  const ofNumbers = [
    conformance('U-NUMBER-01', 'MUST set a number, free the old one and answer it', async ({ store }) => {
      const before = await created(store);
      const phoneNumber = someNumber();
      const answer = await store.setPhoneNumber({ userId: before.id, phoneNumber, now: NOW + 1 });
      assert.equal(answer.is, 'set');
      assert.equal(answer.previous, before.phoneNumber);
      assert.equal(answer.user.phoneNumber, phoneNumber);
      assert.deepEqual(await store.findByPhoneNumber({ phoneNumber }), answer.user);
      assert.equal(await store.findByPhoneNumber({ phoneNumber: numberOf(before) }), null);
      assert.equal((await create(store, numberOf(before))).is, 'created');
    }),
    conformance('U-NUMBER-02', 'MUST refuse the number of another user, and change nothing', async ({ store }) => {
      const [first, second] = [await created(store), await created(store)];
      assert.deepEqual(await store.setPhoneNumber({ userId: first.id, phoneNumber: numberOf(second), now: NOW }), { is: 'taken' });
      assert.deepEqual(await store.findById({ userId: first.id }), first);
      assert.deepEqual(await store.findByPhoneNumber({ phoneNumber: numberOf(second) }), second);
    }),
    conformance('U-NUMBER-03', "MUST take the user's own number again", async ({ store }) => {
      const user = await created(store);
      const answer = await store.setPhoneNumber({ userId: user.id, phoneNumber: numberOf(user), now: NOW });
      assert.equal(answer.is, 'set');
      assert.equal(answer.previous, user.phoneNumber);
    }),
    conformance('U-NUMBER-04', 'MUST let any number of users have none', async ({ store }) => {
      for (const user of [await created(store), await created(store)]) {
        const answer = await store.setPhoneNumber({ userId: user.id, phoneNumber: null, now: NOW });
        assert.equal(answer.is, 'set');
        assert.equal(answer.user.phoneNumber, null);
        assert.equal((await store.findById({ userId: user.id }))?.phoneNumber, null);
        assert.equal(await store.findByPhoneNumber({ phoneNumber: numberOf(user) }), null);
        const again = await store.setPhoneNumber({ userId: user.id, phoneNumber: numberOf(user), now: NOW });
        assert.equal(again.is, 'set');
        assert.equal(again.previous, null);
        await store.setPhoneNumber({ userId: user.id, phoneNumber: null, now: NOW });
      }
    }),
    conformance('U-NUMBER-05', 'MUST answer unknown for an unknown user', async ({ store }) => {
      const { phoneNumber } = await created(store);
      for (const number of [someNumber(), phoneNumber as PhoneNumber, null]) {
        assert.deepEqual(await store.setPhoneNumber({ userId: 'nobody', phoneNumber: number, now: NOW }), { is: 'unknown' });
      }
    }),
    conformance('U-NUMBER-06', 'MUST give a number to one user when registrations and changes race', async ({ store, race, rounds }) => {
      await rounds(async () => {
        const users = [await created(store), await created(store), await created(store)];
        const phoneNumber = someNumber();
        const answers = await race<{ readonly is: string }>((peer, index) => {
          const user = users[index % 4];
          return user === undefined ? create(peer, phoneNumber) : peer.setPhoneNumber({ userId: user.id, phoneNumber, now: NOW });
        });
        const { created: registered = 0, set = 0 } = tally(answers);
        const owners = await Promise.all(users.map(({ id }) => store.findById({ userId: id })));
        const changed = owners.filter((owner) => owner?.phoneNumber === phoneNumber).length;
        assert.equal(registered + changed, 1);
        assert.equal(set > 0, changed === 1);
      });
    }),
  ];
  const ofPasswords = [
    conformance('U-PASSWORD-01', 'MUST keep the hash of registration, apart from the user', async ({ store }) => {
      const hash = `$argon2id$v=19$m=19456,t=2,p=1$${randomText(16)}$${randomText(32)}`;
      const user = await created(store, hash);
      assert.equal(await store.passwordHashOf({ userId: user.id }), hash);
      assert.ok(!JSON.stringify(user).includes(hash));
      assert.ok(!JSON.stringify(await store.findById({ userId: user.id })).includes(hash));
    }),
    conformance('U-PASSWORD-02', 'MUST replace the hash that was read, and no other', async ({ store }) => {
      const user = await created(store);
      const set = (passwordHash: string, replaces: string | null) => store.setPasswordHash({ userId: user.id, passwordHash, replaces });
      assert.equal(await store.passwordHashOf({ userId: user.id }), null);
      assert.deepEqual(await set('a', 'x'), { is: 'stale' });
      assert.deepEqual(await set('a', null), { is: 'set' });
      assert.deepEqual(await set('b', null), { is: 'stale' });
      assert.deepEqual(await set('b', 'A'), { is: 'stale' });
      assert.deepEqual(await set('b', 'a'), { is: 'set' });
      assert.equal(await store.passwordHashOf({ userId: user.id }), 'b');
    }),
    conformance('U-PASSWORD-03', 'MUST know no password of an unknown user', async ({ store }) => {
      assert.equal(await store.passwordHashOf({ userId: 'nobody' }), null);
      assert.deepEqual(await store.setPasswordHash({ userId: 'nobody', passwordHash: 'a', replaces: null }), { is: 'stale' });
      assert.equal(await store.passwordHashOf({ userId: 'nobody' }), null);
    }),
    conformance('U-PASSWORD-04', 'MUST let one of many replacements win when they race', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const { id: userId } = await created(store, 'old');
        const answers = await race((peer, index) => peer.setPasswordHash({ userId, passwordHash: `new ${index}`, replaces: 'old' }));
        assert.deepEqual(tally(answers), { set: 1, stale: parallel - 1 });
        const winner = answers.findIndex((answer) => answer.is === 'set');
        assert.equal(await store.passwordHashOf({ userId }), `new ${winner}`);
      });
    }),
  ];
  const ofVerification = keepsVerifiedAt ? verificationCases(whole, profile, options) : [];
  return [...always, ...(changesNumbers ? ofNumbers : []), ...(hasPasswords ? ofPasswords : []), ...ofVerification];
}
