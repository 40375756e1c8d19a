import type { SmsMessage } from '../../src/ports/sms-sender.ts';
import { isRecord, misuse } from './sender-options.ts';

/** What JSON can hold. */
export type HttpSmsJson = string | number | boolean | null | readonly HttpSmsJson[] | { readonly [name: string]: HttpSmsJson };

/** One value of a query, form or header: text with placeholders, or a function of the message. `undefined` leaves its member out. */
export type HttpSmsText = string | number | boolean | ((message: SmsMessage) => string | number | boolean | undefined);

/** One value of a JSON body, at any depth: as {@link HttpSmsText}, and a function may give any JSON. */
export type HttpSmsValue =
  | string
  | number
  | boolean
  | null
  | ((message: SmsMessage) => HttpSmsJson | undefined)
  | readonly HttpSmsValue[]
  | { readonly [name: string]: HttpSmsValue };

/** What the placeholders of a template stand for. */
export type Placeholders = Readonly<Record<'to' | 'text' | 'code' | 'idempotencyKey' | 'from', string>>;

const NAMES: ReadonlySet<string> = new Set(['to', 'text', 'code', 'idempotencyKey', 'from'] satisfies (keyof Placeholders)[]);

/** The placeholders of one message. */
export function placeholdersOf({ to, text, code, idempotencyKey }: SmsMessage, from: string | undefined): Placeholders {
  return { to, text, code, idempotencyKey, from: from ?? '' };
}

/** Throws a `TypeError` for a placeholder that is none, and for `{from}` without one. */
export function checkPlaceholders(factory: string, path: string, value: unknown, from: string | undefined): void {
  if (typeof value === 'string') {
    for (const [placeholder, name = ''] of value.matchAll(/\{(\w+)\}/g)) {
      if (!NAMES.has(name)) throw misuse(factory, path, `has the unknown placeholder ${placeholder}; a function can give any text`);
      if (name === 'from' && from === undefined) throw misuse(factory, path, 'has the placeholder {from}, and from is missing');
    }
  } else if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      checkPlaceholders(factory, `${path}.${index}`, item, from);
    });
  } else if (isRecord(value)) {
    for (const [name, member] of Object.entries(value)) checkPlaceholders(factory, `${path}.${name}`, member, from);
  }
}

/** Fills a text. What is filled in is not looked at again. */
export function fillText(text: string, placeholders: Placeholders, encode: (value: string) => string = (value) => value): string {
  return text.replace(/\{(\w+)\}/g, (_, name: keyof Placeholders) => encode(placeholders[name]));
}

/** Fills the values of a query, form or of headers. */
export function fillTexts(
  template: Readonly<Record<string, HttpSmsText>>,
  message: SmsMessage,
  placeholders: Placeholders,
): [name: string, value: string][] {
  return Object.entries(template).flatMap(([name, given]) => {
    const value = typeof given === 'function' ? given(message) : typeof given === 'string' ? fillText(given, placeholders) : given;
    return value === undefined ? [] : [[name, String(value)] as [string, string]];
  });
}

/** Fills a JSON body. */
export function fillJson(template: HttpSmsValue, message: SmsMessage, placeholders: Placeholders): HttpSmsJson | undefined {
  if (typeof template === 'function') return template(message);
  if (typeof template === 'string') return fillText(template, placeholders);
  if (Array.isArray(template)) return template.map((item: HttpSmsValue) => fillJson(item, message, placeholders) ?? null);
  if (!isRecord(template)) return template as HttpSmsJson;
  const members = Object.entries(template).map(
    ([name, member]) => [name, fillJson(member as HttpSmsValue, message, placeholders)] as const,
  );
  return Object.fromEntries(members.flatMap(([name, member]) => (member === undefined ? [] : [[name, member]])));
}
