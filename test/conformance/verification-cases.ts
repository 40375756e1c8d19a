import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions } from './case.ts';
import { createdUser, numberOf, someNumber, type WholeStore } from './user-fixture.ts';

const DAY = 86_400_000;

/** `UserStore.setPhoneNumberVerifiedAt`. */
export function verificationCases<Profile>(
  open: Open<WholeStore<Profile>>,
  profile: () => Profile,
  options: RaceOptions,
): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('U-VERIFIED-01', 'MUST remember when the number was proved again, of that user alone', async ({ store }) => {
      const [user, other] = [await createdUser(store, profile()), await createdUser(store, profile())];
      const [userId, phoneNumber] = [user.id, numberOf(user)];
      for (const now of [NOW + DAY, NOW + 2 * DAY + 1]) {
        await store.setPhoneNumberVerifiedAt({ userId, phoneNumber, now });
        for (const found of [await store.findById({ userId }), await store.findByPhoneNumber({ phoneNumber })]) {
          const { id, phoneNumber: number, phoneNumberVerifiedAt } = found ?? {};
          assert.deepEqual({ id, number, phoneNumberVerifiedAt }, { id: userId, number: phoneNumber, phoneNumberVerifiedAt: now });
        }
      }
      assert.deepEqual(await store.findById({ userId: other.id }), other);
    }),
    conformance('U-VERIFIED-02', 'MUST do nothing when the user has another number by now', async ({ store }) => {
      const [user, other] = [await createdUser(store, profile()), await createdUser(store, profile())];
      for (const phoneNumber of [someNumber(), numberOf(other)]) {
        await store.setPhoneNumberVerifiedAt({ userId: user.id, phoneNumber, now: NOW + DAY });
      }
      for (const before of [user, other]) assert.deepEqual(await store.findById({ userId: before.id }), before);
    }),
    conformance('U-VERIFIED-03', 'MUST never go back in time, also when proofs race', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const user = await createdUser(store, profile());
        const [userId, phoneNumber] = [user.id, numberOf(user)];
        await race((peer, index) => peer.setPhoneNumberVerifiedAt({ userId, phoneNumber, now: NOW + (parallel - index) * DAY }));
        assert.equal((await store.findById({ userId }))?.phoneNumberVerifiedAt, NOW + parallel * DAY);
        await store.setPhoneNumberVerifiedAt({ userId, phoneNumber, now: NOW + DAY });
        assert.equal((await store.findById({ userId }))?.phoneNumberVerifiedAt, NOW + parallel * DAY);
      });
    }),
    conformance('U-VERIFIED-04', 'MUST take an unknown user for nothing to do', async ({ store }) => {
      const user = await createdUser(store, profile());
      const phoneNumber = someNumber();
      for (const number of [phoneNumber, numberOf(user)]) {
        await assert.doesNotReject(store.setPhoneNumberVerifiedAt({ userId: 'nobody', phoneNumber: number, now: NOW + DAY }));
      }
      assert.equal(await store.findByPhoneNumber({ phoneNumber }), null);
      assert.deepEqual(await store.findById({ userId: user.id }), user);
    }),
  ];
}
