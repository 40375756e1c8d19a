import { type PhoneNumber, parsePhoneNumber } from 'ringlatch';
import { PASSWORD_TEXTS, refusal } from './answers.ts';

type Read<Value> = { readonly value: Value } | { readonly problem: string };

/** One field of a serializer. */
export type Field<Value> = (given: unknown) => Read<Value>;

/** What a body has to be: each field read, or every problem at once, in the words of Django REST framework. */
export function readFields<Values>(body: unknown, fields: { readonly [Name in keyof Values]: Field<Values[Name]> }): Values {
  if (body === null) throw refusal(400, { non_field_errors: ['No data provided'] });
  if (typeof body !== 'object' || Array.isArray(body))
    throw refusal(400, { non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonTypeOf(body)}.`] });
  const problems: Record<string, readonly string[]> = {};
  const values: Partial<Values> = {};
  for (const name in fields) {
    const read = fields[name](Object.hasOwn(body, name) ? (body as Readonly<Record<string, unknown>>)[name] : undefined);
    if ('problem' in read) problems[name] = [read.problem];
    else values[name] = read.value;
  }
  if (Object.keys(problems).length > 0) throw refusal(400, problems);
  return values as Values;
}

/** What a text has to be beside not blank. */
interface TextRules {
  readonly max?: number;
  /** Spaces around it go. @default true */
  readonly trim?: boolean;
  /** A whole number is its digits. @default false */
  readonly orNumber?: boolean;
}

/** A `CharField`. */
export function text({ max, trim = true, orNumber = false }: TextRules = {}): Field<string> {
  return (given) => {
    if (given === undefined) return { problem: 'This field is required.' };
    if (given === null) return { problem: 'This field may not be null.' };
    const raw = orNumber && Number.isSafeInteger(given) ? String(given) : given;
    if (typeof raw !== 'string') return { problem: 'Not a valid string.' };
    if (raw.trim() === '') return { problem: 'This field may not be blank.' };
    const value = trim ? raw.trim() : raw;
    if (value.includes('\0')) return { problem: 'Null characters are not allowed.' };
    if (/\p{Cs}/u.test(value)) return { problem: 'Surrogate characters are not allowed.' };
    if (max !== undefined && [...value].length > max) return { problem: `Ensure this field has no more than ${max} characters.` };
    return { value };
  };
}

/** The `username` of Django's own user, in one spelling. */
export const username: Field<string> = (given) => {
  const read = text({ max: 150 })(given);
  if ('problem' in read) return read;
  const value = read.value.normalize('NFKC');
  const problem = 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';
  return /^[\p{L}\p{N}_.@+-]+$/u.test(value) ? { value } : { problem };
};

/** An `EmailField`. */
export const email: Field<string> = (given) => {
  const read = text({ max: 254 })(given);
  return 'problem' in read || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(read.value) ? read : { problem: 'Enter a valid email address.' };
};

/** A field that may be left out. */
export function optional<Value, Default>(field: Field<Value>, byDefault: Default): Field<Value | Default> {
  return (given) => (given === undefined ? { value: byDefault } : field(given));
}

/** A `PhoneNumberField`. */
export function phoneNumber(allowedCountries: readonly string[] | 'all'): Field<PhoneNumber> {
  const invalid = { problem: 'Enter a valid phone number.' };
  return (given) => {
    const read = text()(given);
    if ('problem' in read) return /^This field/.test(read.problem) ? read : invalid;
    const parsed = parsePhoneNumber(read.value, { allowedCountries });
    return parsed.is === 'parsed' ? { value: parsed.phoneNumber } : invalid;
  };
}

/** A new password: what ringlatch would refuse at the registration is refused here, before the code is judged. */
export function newPassword(isCommon: (password: string) => boolean): Field<string> {
  return (given) => {
    const read = text({ max: 128, trim: false })(given);
    if ('problem' in read) return read;
    if ([...read.value.normalize('NFC')].length < 8) return { problem: PASSWORD_TEXTS.too_short };
    return isCommon(read.value) ? { problem: PASSWORD_TEXTS.too_common } : read;
  };
}

function pythonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}
