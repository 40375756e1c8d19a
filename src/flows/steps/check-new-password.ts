import type { AuthContext } from '../../context.ts';
import { passwordLengthProblem } from '../../core/password.ts';
import { PhoneAuthError } from '../../errors.ts';
import { inputError } from './check-input.ts';

/** Refuses a password that breaks a rule, before anything is spent on it; `path` is the argument it came in. */
export async function checkNewPassword(ctx: Pick<AuthContext, 'passwords'>, path: string, password: string): Promise<void> {
  if (ctx.passwords === null) throw inputError(path, 'must be absent: passwords are not configured');
  // every lone surrogate becomes the same bytes, so that different passwords would be one
  if (/\p{Cs}/u.test(password)) throw inputError(path, 'must be well-formed Unicode');
  const lengthProblem = passwordLengthProblem(password);
  if (lengthProblem !== null) throw new PhoneAuthError('weak_password', { reason: lengthProblem });
  if (await ctx.passwords.isCommon?.({ password })) throw new PhoneAuthError('weak_password', { reason: 'too_common' });
}
