import type { StoredUser, StoredUserStore } from '../../adapters/storage/memory.ts';
import { usersWith } from './hostile-users.ts';

/** A fault in what the store knows of when a number was proved; `read` and `write` keep it beside the users. */
const datingWith = (
  change: (
    dates: { read(userId: string): number; write(userId: string, at: number): void },
    sound: StoredUserStore,
  ) => StoredUserStore['setPhoneNumberVerifiedAt'],
): (() => StoredUserStore) =>
  usersWith((sound) => {
    const dates = new Map<string, number>();
    const dated = (user: StoredUser | null): StoredUser | null =>
      user === null ? null : { ...user, phoneNumberVerifiedAt: dates.get(user.id) ?? user.phoneNumberVerifiedAt };
    return {
      findById: async (f) => dated(await sound.findById(f)),
      findByPhoneNumber: async (f) => dated(await sound.findByPhoneNumber(f)),
      setPhoneNumberVerifiedAt: change({ read: (id) => dates.get(id) ?? 0, write: (id, at) => void dates.set(id, at) }, sound),
    };
  });

/** User stores that are broken in what they know of proofs; by what is wrong with them. */
export const HOSTILE_VERIFICATION: Readonly<Record<string, () => StoredUserStore>> = {
  'does not remember when a number was proved': usersWith(() => ({ setPhoneNumberVerifiedAt: async () => {} })),
  'dates the first proof only': datingWith((dates, sound) => async (s) => {
    if (dates.read(s.userId) > 0) return;
    dates.write(s.userId, s.now);
    await sound.setPhoneNumberVerifiedAt(s);
  }),
  'dates whoever had the number': datingWith((dates) => async (s) => dates.write(s.userId, Math.max(dates.read(s.userId), s.now))),
  'dates the number and not the user': datingWith((dates, sound) => async (s) => {
    const user = await sound.findByPhoneNumber(s);
    if (user !== null) dates.write(user.id, Math.max(dates.read(user.id), s.now));
  }),
  'dates everybody': usersWith((sound) => {
    let latest = 0;
    const dated = (user: StoredUser | null): StoredUser | null =>
      user === null ? null : { ...user, phoneNumberVerifiedAt: Math.max(latest, user.phoneNumberVerifiedAt) };
    return {
      findById: async (f) => dated(await sound.findById(f)),
      findByPhoneNumber: async (f) => dated(await sound.findByPhoneNumber(f)),
      async setPhoneNumberVerifiedAt(s) {
        if ((await sound.findById(s))?.phoneNumber === s.phoneNumber) latest = Math.max(latest, s.now);
      },
    };
  }),
  'dates proofs back': datingWith((dates, sound) => async (s) => {
    if ((await sound.findById(s))?.phoneNumber === s.phoneNumber) dates.write(s.userId, s.now);
  }),
  'looks, waits, then dates': datingWith((dates, sound) => async (s) => {
    const before = dates.read(s.userId);
    const user = await sound.findById(s);
    await null;
    if (user?.phoneNumber === s.phoneNumber && before < s.now) dates.write(s.userId, s.now);
  }),
  'throws when it should date nobody': usersWith((sound) => ({
    async setPhoneNumberVerifiedAt(s) {
      if ((await sound.findById(s)) === null) throw new Error('There is no such user.');
      await sound.setPhoneNumberVerifiedAt(s);
    },
  })),
};
