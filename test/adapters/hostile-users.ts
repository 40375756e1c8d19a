import { memoryStorage, type StoredUserStore } from '../../adapters/storage/memory.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';

type Store = StoredUserStore;

/** A sound store, over which a fault is laid. */
export const usersWith =
  (change: (sound: Store) => Partial<Store>): (() => Store) =>
  () => {
    const { users } = memoryStorage();
    return { ...users, ...change(users) };
  };

/** Broken user stores, by what is wrong with them. */
export const HOSTILE_USERS: Readonly<Record<string, () => Store>> = {
  'looks, waits, then creates': usersWith((sound) => {
    const another = memoryStorage().users;
    return {
      async create(c) {
        const taken = await sound.findByPhoneNumber(c);
        await null;
        if (taken !== null) return { is: 'phone_number_taken' };
        const answer = await sound.create(c);
        return answer.is === 'created'
          ? answer
          : another.create({ ...c, phoneNumber: `${c.phoneNumber}0${crypto.randomUUID()}` as PhoneNumber });
      },
    };
  }),
  'lets a number have several accounts': usersWith((sound) => ({
    async create(c) {
      const answer = await sound.create(c);
      if (answer.is !== 'phone_number_taken') return answer;
      const other = await sound.create({ ...c, phoneNumber: `${c.phoneNumber}/${crypto.randomUUID()}` as PhoneNumber });
      return other.is === 'created' ? { is: 'created', user: { ...other.user, phoneNumber: c.phoneNumber } } : other;
    },
  })),
  'gives everybody one id': usersWith((sound) => ({
    async create(c) {
      const answer = await sound.create(c);
      return answer.is === 'created' ? { is: 'created', user: { ...answer.user, id: 'same' } } : answer;
    },
  })),
  'replaces the account of a number': usersWith((sound) => ({
    async create(c) {
      const owner = await sound.findByPhoneNumber(c);
      if (owner !== null) await sound.delete({ userId: owner.id });
      return sound.create(c);
    },
  })),
  'finds numbers loosely': usersWith((sound) => ({
    findByPhoneNumber: ({ phoneNumber }) => sound.findByPhoneNumber({ phoneNumber: `+${phoneNumber.replace(/^\+/, '')}` as PhoneNumber }),
  })),
  'finds ids loosely': usersWith((sound) => ({ findById: ({ userId }) => sound.findById({ userId: userId.trim() }) })),
  'keeps the old number': usersWith((sound) => ({
    async setPhoneNumber(s) {
      const answer = await sound.setPhoneNumber(s);
      if (answer.is === 'set' && answer.previous !== null && answer.previous !== s.phoneNumber) {
        await sound.create({ phoneNumber: answer.previous as PhoneNumber, profile: {}, passwordHash: null, now: s.now });
      }
      return answer;
    },
  })),
  'steals numbers': usersWith((sound) => ({
    async setPhoneNumber(s) {
      const owner = s.phoneNumber === null ? null : await sound.findByPhoneNumber({ phoneNumber: s.phoneNumber });
      if (owner !== null && owner.id !== s.userId) await sound.delete({ userId: owner.id });
      return sound.setPhoneNumber(s);
    },
  })),
  'calls the own number taken': usersWith((sound) => ({
    async setPhoneNumber(s) {
      const owner = s.phoneNumber === null ? null : await sound.findByPhoneNumber({ phoneNumber: s.phoneNumber });
      return owner === null ? sound.setPhoneNumber(s) : { is: 'taken' };
    },
  })),
  'lets one user have no number': usersWith((sound) => {
    let count = 0;
    return { setPhoneNumber: async (s) => (s.phoneNumber === null && ++count > 1 ? { is: 'taken' } : sound.setPhoneNumber(s)) };
  }),
  'calls unknown users taken': usersWith((sound) => ({
    async setPhoneNumber(s) {
      const answer = await sound.setPhoneNumber(s);
      return answer.is === 'unknown' ? { is: 'taken' } : answer;
    },
  })),
  'gives a number to several': usersWith((sound) => ({
    async setPhoneNumber(s) {
      const answer = await sound.setPhoneNumber(s);
      if (answer.is !== 'taken') return answer;
      const user = await sound.findById(s);
      return user === null ? answer : { is: 'set', user: { ...user, phoneNumber: s.phoneNumber }, previous: user.phoneNumber };
    },
  })),
  'shows the hash': usersWith((sound) => ({
    async findById(f) {
      const user = await sound.findById(f);
      return user === null ? null : { ...user, passwordHash: await sound.passwordHashOf(f) };
    },
  })),
  'forgets the hash of registration': usersWith((sound) => ({ create: (c) => sound.create({ ...c, passwordHash: null }) })),
  'compares nothing before it sets a hash': usersWith((sound) => ({
    async setPasswordHash(s) {
      return sound.setPasswordHash({ ...s, replaces: await sound.passwordHashOf(s) });
    },
  })),
  'sets hashes of nobody': usersWith((sound) => ({
    async setPasswordHash(s) {
      return (await sound.findById(s)) === null ? { is: 'set' } : sound.setPasswordHash(s);
    },
  })),
};
