import { callableUrl, checkSenderOptions, isRecord, misuse, type OptionRule, optional, visibleText } from './sender-options.ts';
import type { TwilioSmsOptions } from './twilio-options.ts';

/** Throws a `TypeError` that names the first option that is wrong. */
export function checkTwilioOptions(options: TwilioSmsOptions): void {
  checkSenderOptions('twilioSms', options, RULES);
  const { authToken, apiKey, from, messagingServiceSid, whatsapp, voice, receiptUrl } = options;
  if (authToken === undefined && apiKey === undefined) throw misuse('twilioSms', 'authToken', 'must be given, or an apiKey');
  if (authToken === undefined && receiptUrl !== undefined)
    throw misuse('twilioSms', 'authToken', 'must be given: Twilio signs receipts with it');
  if ([from, messagingServiceSid, whatsapp, voice].every((sender) => sender === undefined)) {
    throw misuse('twilioSms', 'from', 'must be given, or messagingServiceSid, whatsapp or voice');
  }
  checkMembers('apiKey', apiKey, { sid: sidOf('SK'), secret: visibleText });
  checkMembers('whatsapp', whatsapp, WHATSAPP_RULES);
  if (whatsapp !== undefined && whatsapp.from === undefined && whatsapp.messagingServiceSid === undefined) {
    throw misuse('twilioSms', 'whatsapp.from', 'must be given, or whatsapp.messagingServiceSid');
  }
  if (whatsapp?.contentVariables !== undefined && whatsapp.contentSid === undefined) {
    throw misuse('twilioSms', 'whatsapp.contentVariables', 'needs a contentSid');
  }
  checkMembers('voice', voice, VOICE_RULES);
  for (const [language, prompt] of Object.entries(voice?.prompts ?? {})) checkMembers(`voice.prompts.${language}`, prompt, PROMPT_RULES);
}

function checkMembers(path: string, value: unknown, rules: Readonly<Record<string, OptionRule>>): void {
  if (value === undefined) return;
  if (!isRecord(value)) throw misuse('twilioSms', path, 'must be an object');
  const stranger = Object.keys(value).find((name) => !Object.hasOwn(rules, name));
  if (stranger !== undefined) throw misuse('twilioSms', `${path}.${stranger}`, 'is not an option');
  for (const [name, rule] of Object.entries(rules)) {
    const problem = rule(value[name]);
    if (problem !== null) throw misuse('twilioSms', `${path}.${name}`, problem);
  }
}

function matching(pattern: RegExp, problem: string): OptionRule {
  return (value) => (typeof value === 'string' && pattern.test(value) ? null : problem);
}

function sidOf(prefix: string): OptionRule {
  return matching(new RegExp(`^${prefix}[\\da-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);
}

function allMembers(rule: OptionRule): OptionRule {
  return (value) => {
    if (!isRecord(value)) return 'must be an object';
    return (
      Object.values(value)
        .map(rule)
        .find((problem) => problem !== null) ?? null
    );
  };
}

const phoneNumber = matching(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164');
const anyObject = allMembers(() => null);

const RULES: Readonly<Record<string, OptionRule>> = {
  accountSid: sidOf('AC'),
  authToken: optional(visibleText),
  apiKey: optional(anyObject),
  from: optional(matching(/^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[\w &+-]{1,11})$/, 'must be a number, a short code or a sender ID')),
  messagingServiceSid: optional(sidOf('MG')),
  whatsapp: optional(anyObject),
  voice: optional(anyObject),
  receiptUrl: optional(callableUrl),
  endpoint: optional(
    (value) => callableUrl(value) ?? (new URL(String(value)).pathname === '/' && !String(value).includes('?') ? null : 'must be an origin'),
  ),
};

const WHATSAPP_RULES: Readonly<Record<string, OptionRule>> = {
  from: optional(phoneNumber),
  messagingServiceSid: optional(sidOf('MG')),
  contentSid: optional((value) => {
    if (!isRecord(value)) return sidOf('HX')(value);
    return Object.hasOwn(value, 'default') ? allMembers(sidOf('HX'))(value) : 'must have a default';
  }),
  contentVariables: optional(allMembers((value) => (typeof value === 'string' ? null : 'must have strings'))),
};

const VOICE_RULES: Readonly<Record<string, OptionRule>> = {
  from: phoneNumber,
  prompts: optional(anyObject),
  repeat: optional((value) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 5 ? null : 'must be an integer from 1 to 5',
  ),
};

const PROMPT_RULES: Readonly<Record<string, OptionRule>> = {
  text: matching(/^[^<>]{0,400}\{code\}[^<>]{0,400}$/, 'must be a text with {code} in it'),
  language: matching(/^[A-Za-z-]{2,16}$/, 'must be a language as Twilio names it'),
  voice: optional(matching(/^[\w.-]{1,64}$/, 'must be a voice as Twilio names it')),
};
