import type { StoredUserStore } from '../../adapters/storage/stored-user.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';

/** Disables a user of a store that owns its users, as support does. */
export async function disableUser({
  store,
  userId,
}: {
  readonly store: { readonly users: UserStore<UserRecord, never> };
  readonly userId: string;
}): Promise<void> {
  if (!ownsUsers(store.users)) throw new TypeError('the store does not own its users');
  await store.users.setDisabled({ userId, disabled: true });
}

function ownsUsers(users: object): users is Pick<StoredUserStore, 'setDisabled'> {
  return 'setDisabled' in users;
}
