import * as z from 'zod/mini';
import type { Answer, CodeAnswer, Purpose } from '../create-phone-auth.ts';
import { type Issue, PhoneAuthError } from '../errors.ts';

/** A code: with the handle of its challenge, or with the number. */
interface CodeBody {
  readonly challengeId?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly code?: string | undefined;
  readonly purpose?: Purpose | undefined;
  readonly deviceToken?: string | undefined;
}

/** A code or a proof. */
export interface AnswerBody extends CodeBody {
  readonly proof?: string | undefined;
}

/** What each body may contain. */
export interface Bodies {
  readonly request: {
    readonly phoneNumber?: string | undefined;
    readonly purpose?: Purpose | undefined;
    readonly resendOf?: string | undefined;
    readonly profile?: Readonly<Record<string, unknown>> | undefined;
    readonly locale?: string | undefined;
    readonly channel?: 'sms' | 'whatsapp' | 'voice' | undefined;
    readonly captchaToken?: string | undefined;
    readonly deviceToken?: string | undefined;
  };
  readonly code: CodeBody;
  readonly answer: AnswerBody;
  readonly login: AnswerBody & { readonly password?: string | undefined };
  readonly signIn: Bodies['login'] & { readonly profile?: Readonly<Record<string, unknown>> | undefined };
  readonly register: Bodies['signIn'];
  readonly reset: AnswerBody & { readonly newPassword: string };
  readonly credentials: { readonly phoneNumber: string; readonly password: string; readonly deviceToken?: string | undefined };
  readonly password: { readonly newPassword: string; readonly currentPassword?: string | undefined; readonly proof?: string | undefined };
  readonly refresh: { readonly refreshToken?: string | undefined; readonly deviceToken?: string | undefined };
  readonly status: { readonly phoneNumber: string; readonly deviceToken?: string | undefined };
}

const text = z.string().check(z.refine((value) => value !== ''));
const maybe = z.optional(text);
const purpose = z.optional(z.enum(['sign-in', 'login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up']));
const profile = z.optional(z.record(z.string(), z.unknown()));
const code = { challengeId: maybe, phoneNumber: maybe, code: maybe, purpose, deviceToken: maybe };
const answer = { ...code, proof: maybe };
const channel = z.optional(z.enum(['sms', 'whatsapp', 'voice']));

const SCHEMAS: { readonly [Name in keyof Bodies]: z.ZodMiniType<Bodies[Name]> } = {
  request: z.strictObject({
    phoneNumber: maybe,
    purpose,
    resendOf: maybe,
    profile,
    locale: maybe,
    channel,
    captchaToken: maybe,
    deviceToken: maybe,
  }),
  code: z.strictObject(code),
  answer: z.strictObject(answer),
  login: z.strictObject({ ...answer, password: maybe }),
  signIn: z.strictObject({ ...answer, profile, password: maybe }),
  register: z.strictObject({ ...answer, profile, password: maybe }),
  reset: z.strictObject({ ...answer, newPassword: text }),
  credentials: z.strictObject({ phoneNumber: text, password: text, deviceToken: maybe }),
  password: z.strictObject({ newPassword: text, currentPassword: maybe, proof: maybe }),
  refresh: z.strictObject({ refreshToken: maybe, deviceToken: maybe }),
  status: z.strictObject({ phoneNumber: text, deviceToken: maybe }),
};

/** A body of that kind, or `invalid_input` with every issue. */
export function read<Name extends keyof Bodies>(name: Name, json: unknown): Bodies[Name] {
  const result = SCHEMAS[name].safeParse(json, { error: explain });
  if (result.success) return result.data;
  throw new PhoneAuthError('invalid_input', { issues: result.error.issues.flatMap(issuesOf) });
}

function issuesOf(issue: z.core.$ZodIssue): readonly Issue[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not an argument' }));
  return [{ path: path.join('.'), message: issue.message }];
}

const explain: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'is required';
  if (issue.code === 'invalid_type') return issue.expected === 'string' ? 'must be a string' : 'must be an object';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return 'must not be empty';
};

/** The keys of a body that make a code or a proof. Which of them stand together is judged where they are redeemed. */
export function answerIn<Redeemable extends CodeAnswer | Answer>(body: AnswerBody): Redeemable {
  const { challengeId, phoneNumber, code: digits, purpose: asked, proof } = body;
  return { challengeId, phoneNumber, code: digits, purpose: asked, ...(proof !== undefined && { proof }) } as unknown as Redeemable;
}

/** One thing that is wrong. */
export function invalid(path: string, message: string): PhoneAuthError<'invalid_input'> {
  return new PhoneAuthError('invalid_input', { issues: [{ path, message }] });
}
