import type { UserRecord } from '../../src/ports/user-store.ts';
import type { UserVerbs } from './joined-verbs.ts';
import { quoted, type SqliteConnection } from './sqlite-database.ts';

/** What a table has that keeps passwords. */
export type PasswordMember = 'passwordHashOf' | 'setPasswordHash';

/** What a table has that keeps when a number was proved. */
export type VerificationMember = 'setPhoneNumberVerifiedAt';

/** The part of the user port that passwords need. */
export function sqlitePasswords(
  connection: SqliteConnection,
  columns: { readonly table: string; readonly id: string; readonly passwordHash: string },
): Required<Pick<UserVerbs<UserRecord, unknown>, PasswordMember>> {
  const [table, id, hash] = [quoted(columns.table), quoted(columns.id), quoted(columns.passwordHash)];
  const select = `SELECT ${hash} AS hash FROM ${table} WHERE ${isExactly(id)}`;
  const update = `UPDATE ${table} SET ${hash} = ? WHERE ${isExactly(id)} AND ${hash} IS ?`;
  return {
    passwordHashOf({ userId }) {
      const stored = connection.first(select, userId, userId)?.hash ?? null;
      return stored === null ? null : String(stored);
    },
    setPasswordHash({ userId, passwordHash, replaces }) {
      const changed = connection.run(update, passwordHash, userId, userId, replaces);
      return { is: changed > 0 ? 'set' : 'stale' };
    },
  };
}

/** The part of the user port that tells when a number was proved. */
export function sqliteVerification(
  connection: SqliteConnection,
  columns: { readonly table: string; readonly id: string; readonly phoneNumber: string; readonly phoneNumberVerifiedAt: string },
): Required<Pick<UserVerbs<UserRecord, unknown>, VerificationMember>> {
  const [table, id] = [quoted(columns.table), quoted(columns.id)];
  const [number, at] = [quoted(columns.phoneNumber), quoted(columns.phoneNumberVerifiedAt)];
  const update = `UPDATE ${table} SET ${at} = ? WHERE ${isExactly(id)} AND ${number} = ? AND (${at} IS NULL OR ${at} < ?)`;
  return {
    setPhoneNumberVerifiedAt({ userId, phoneNumber, now }) {
      connection.run(update, now, userId, userId, phoneNumber, now);
    },
  };
}

/** A condition with two marks, both for the id: a numbered table would take '7 ' and '07' for 7. The first one uses the index, the second the text. */
export function isExactly(id: string): string {
  return `${id} = ? AND CAST(${id} AS TEXT) = ?`;
}
