import assert from 'node:assert/strict';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { NOW } from './case.ts';

/** A user store whose optional members are there. */
export type WholeStore<Profile> = Required<UserStore<UserRecord, Profile>>;

/** A number nobody else uses. */
export function someNumber(): PhoneNumber {
  const digits = [...crypto.getRandomValues(new Uint32Array(2))].map((part) => String(part % 100_000).padStart(5, '0')).join('');
  return `+9891${digits}` as PhoneNumber;
}

export function numberOf(user: UserRecord): PhoneNumber {
  return user.phoneNumber as PhoneNumber;
}

/** Creates a user that must come out new, under a number of its own. */
export async function createdUser<Profile>(
  store: Pick<UserStore<UserRecord, Profile>, 'create'>,
  profile: Profile,
  passwordHash: string | null = null,
): Promise<UserRecord> {
  const answer = await store.create({ phoneNumber: someNumber(), profile, passwordHash, now: NOW });
  assert.equal(answer.is, 'created');
  return answer.user;
}
