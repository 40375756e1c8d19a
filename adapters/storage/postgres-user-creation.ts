import type { Issue } from '../../src/errors.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import type { UserAnswer, UsersShape } from './postgres-users.ts';

/** What `create_user` answers. */
export type Created = { readonly is: 'created'; readonly user: UserAnswer } | { readonly is: 'phone_number_taken' } | Refused;
type Refused =
  | { readonly is: 'refused'; readonly issues: readonly Issue[] }
  | { readonly is: 'refused'; readonly because: string; readonly fields: readonly string[]; readonly issues?: undefined };

interface CreationInput extends Pick<UsersShape<UserRecord, never>, 'fields' | 'rules'> {
  readonly columns: Readonly<Record<string, unknown>>;
  /** The columns that no profile has. */
  readonly named: Readonly<Record<string, unknown>>;
  /** Where neither the profile nor the table makes one. */
  readonly id: string;
  readonly issues: readonly Issue[];
  readonly now: number;
}

/** What `create_user` takes beside the table and the number. */
export function creationInput<Profile>(
  shape: UsersShape<UserRecord, Profile>,
  { profile, passwordHash, now }: { readonly profile: Profile; readonly passwordHash: string | null; readonly now: number },
): CreationInput {
  const { of, fields, rules } = shape;
  const { columns, issues } = shape.write(profile);
  const id = shape.newId();
  const named = {
    ...(id === null ? {} : { [of.id]: id }),
    ...(of.passwordHash === null ? {} : { [of.passwordHash]: passwordHash }),
  };
  const rest = { id: crypto.randomUUID(), issues, fields, rules, now };
  return { columns: issues.length === 0 ? columns : {}, named, ...rest };
}

/** What the user port answers of it. */
export function creationAnswer<User extends UserRecord>(
  shape: UsersShape<User, never>,
  answer: Created,
): Awaited<ReturnType<UserStore<User>['create']>> {
  if (answer.is === 'created') return { is: 'created', user: shape.toUser(answer.user) };
  return answer.is === 'refused' ? { is: 'refused', issues: answer.issues ?? issuesOf(answer) } : answer;
}

// By SQLSTATE.
const MESSAGES: Readonly<Record<string, string>> = { 23505: 'This value is taken.', 23502: 'This value is missing.' };

function issuesOf({ because, fields }: Extract<Refused, { readonly because: string }>): readonly Issue[] {
  const message = MESSAGES[because] ?? 'This value cannot be stored.';
  return fields.map((field) => ({ path: `profile.${field}`, message }));
}
