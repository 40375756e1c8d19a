import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import type { UserVerbs } from './joined-verbs.ts';
import type { SqliteConnection } from './sqlite-database.ts';

/** A table of users: the verbs by themselves, for steps that hold more, and the port over them. */
export interface SqliteUsers<Users, User extends UserRecord, Profile> {
  readonly store: Users;
  readonly verbs: UserVerbs<User, Profile>;
}

type Whole<User extends UserRecord, Profile> = Required<UserVerbs<User, Profile>>;
type Optional = 'setPhoneNumber' | 'passwordHashOf' | 'setPasswordHash' | 'setPhoneNumberVerifiedAt';

/** The user port over verbs, each one step. What the verbs lack the port lacks. */
export function sqliteUserStore<User extends UserRecord, Profile>(
  connection: SqliteConnection,
  verbs: Whole<User, Profile>,
): Required<UserStore<User, Profile>>;
export function sqliteUserStore<User extends UserRecord, Profile>(
  connection: SqliteConnection,
  verbs: UserVerbs<User, Profile>,
): UserStore<User, Profile>;
export function sqliteUserStore<User extends UserRecord, Profile>(
  connection: SqliteConnection,
  verbs: UserVerbs<User, Profile>,
): UserStore<User, Profile> {
  const { setPhoneNumber, passwordHashOf, setPasswordHash, setPhoneNumberVerifiedAt }: Pick<UserVerbs<User, Profile>, Optional> = verbs;
  return {
    findById: async (f) => verbs.findById(f),
    findByPhoneNumber: async (f) => verbs.findByPhoneNumber(f),
    create: (c) => connection.step(() => verbs.create(c)),
    ...(setPhoneNumber !== undefined && { setPhoneNumber: (s) => connection.step(() => setPhoneNumber(s)) }),
    ...(passwordHashOf !== undefined && { passwordHashOf: async (p) => passwordHashOf(p) }),
    ...(setPasswordHash !== undefined && { setPasswordHash: (s) => connection.step(() => setPasswordHash(s)) }),
    ...(setPhoneNumberVerifiedAt !== undefined && {
      setPhoneNumberVerifiedAt: (s) => connection.step(() => setPhoneNumberVerifiedAt(s)),
    }),
  };
}
