import type { AuthContext } from '../../context.ts';
import { type Issue, PhoneAuthError } from '../../errors.ts';
import type { SignInWish } from '../../ports/joined-store.ts';
import type { StandardSchemaV1 } from '../../ports/standard-schema.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { inputError } from './check-input.ts';

const MAX_PROFILE_CHARACTERS = 2048;

/** A profile as it waits beside a challenge; `null` when there is none. */
export function profileJson(profile: unknown): string | null {
  if (profile === undefined) return null;
  const json = jsonOf(profile);
  if (json === undefined) throw inputError('profile', 'must be JSON');
  if (json.length > MAX_PROFILE_CHARACTERS) {
    throw inputError('profile', `must have at most ${MAX_PROFILE_CHARACTERS} characters as JSON`);
  }
  return json;
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The profile of a registration: the one given now, else the one of the request, else `{}`; validated where a schema is configured. */
export async function readProfile<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  given: Profile | undefined,
  redeemed: { readonly profile: string | null; readonly proof: string },
): Promise<Profile> {
  const raw: unknown = given ?? JSON.parse(redeemed.profile ?? '{}');
  const schema = ctx.hooks.profile;
  if (schema === undefined) return raw as Profile;
  const result = await ctx.within('profile', 'validate', ctx.settings.deadlineSeconds.port, () => schema['~standard'].validate(raw));
  if (result.issues === undefined) return result.value;
  throw new PhoneAuthError('profile_required', { proof: redeemed.proof, issues: result.issues.map(issueOf) });
}

/**
 * The profile for a step that makes the account as soon as the code is accepted. `null`: not at hand, for {@link readProfile} to say why once
 * there is a proof to hand out.
 */
export function profileAtHand<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  given: Profile | undefined,
): SignInWish<Profile>['create'] {
  const schema = ctx.hooks.profile;
  const raw: unknown = given ?? {};
  const isGiven = raw === given;
  if (schema === undefined) return { profile: raw as Profile, orStored: !isGiven };
  // the one of the request is not known yet
  const valid = isGiven ? validAtOnce(schema, raw) : null;
  return valid === null ? null : { ...valid, orStored: false };
}

// What asks somebody else is not asked before the code is judged, but for the first time, when it is not known yet.
const ASYNCHRONOUS = new WeakSet<object>();

function validAtOnce<Profile>(schema: StandardSchemaV1<unknown, Profile>, raw: unknown): { readonly profile: Profile } | null {
  if (ASYNCHRONOUS.has(schema)) return null;
  try {
    const result = schema['~standard'].validate(raw);
    if (!('then' in result)) return result.issues === undefined ? { profile: result.value } : null;
    ASYNCHRONOUS.add(schema);
    result.catch(() => undefined);
  } catch {
    // met again, and told, when it counts
  }
  return null;
}

function issueOf(issue: {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}): Issue {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return { path: ['profile', ...path].join('.'), message: issue.message };
}
