import type { SmsMessage } from '../../src/ports/sms-sender.ts';
import type { TwilioPrompt, TwilioSmsOptions, TwilioVoice, TwilioWhatsapp } from './twilio-options.ts';
import { receiptUrlOf } from './twilio-receipts.ts';

/** What to ask of Twilio. */
export interface TwilioRequest {
  /** Whose list, under the account, gets a member. */
  readonly resource: 'Messages' | 'Calls';
  readonly form: Readonly<Record<string, string>>;
}

// Of the languages that every account can speak, those that the messages come in; the digits are understood in any.
const PROMPTS = {
  de: { language: 'de-DE', text: 'Ihr Code lautet: {code}.' },
  en: { language: 'en-US', text: 'Your code is: {code}.' },
  es: { language: 'es-ES', text: 'Su código es: {code}.' },
  fr: { language: 'fr-FR', text: 'Votre code est : {code}.' },
} satisfies Readonly<Record<string, TwilioPrompt>>;

/** The request for a message; `null` when there is no sender for its channel. */
export function twilioRequestOf(options: TwilioSmsOptions, message: SmsMessage): TwilioRequest | null {
  const { from, messagingServiceSid, whatsapp, voice, receiptUrl } = options;
  const receipts = receiptUrl === undefined ? {} : { StatusCallback: receiptUrlOf(receiptUrl, message.idempotencyKey) };
  switch (message.channel) {
    case 'sms':
      if (from === undefined && messagingServiceSid === undefined) return null;
      return { resource: 'Messages', form: { To: message.to, ...senderOf(from, messagingServiceSid), Body: message.text, ...receipts } };
    case 'whatsapp':
      return whatsapp === undefined ? null : { resource: 'Messages', form: { ...whatsappForm(whatsapp, message), ...receipts } };
    case 'voice':
      if (voice === undefined) return null;
      return { resource: 'Calls', form: { To: message.to, From: voice.from, Twiml: twimlOf(voice, message), ...receipts } };
  }
}

function senderOf(from: string | undefined, messagingServiceSid: string | undefined): Readonly<Record<string, string>> {
  return {
    ...(from === undefined ? {} : { From: from }),
    ...(messagingServiceSid === undefined ? {} : { MessagingServiceSid: messagingServiceSid }),
  };
}

function whatsappForm(whatsapp: TwilioWhatsapp, { to, text, code, locale }: SmsMessage): Readonly<Record<string, string>> {
  const { from, messagingServiceSid, contentSid, contentVariables = { '1': '{code}' } } = whatsapp;
  const sender = senderOf(from === undefined ? undefined : `whatsapp:${from}`, messagingServiceSid);
  const template = typeof contentSid === 'object' ? (inLanguage(contentSid, locale) ?? contentSid.default) : contentSid;
  if (template === undefined) return { To: `whatsapp:${to}`, ...sender, Body: text };
  const values = Object.entries(contentVariables).map(([name, value]) => [name, value.replaceAll('{code}', code)]);
  return { To: `whatsapp:${to}`, ...sender, ContentSid: template, ContentVariables: JSON.stringify(Object.fromEntries(values)) };
}

function twimlOf({ prompts, repeat = 3 }: TwilioVoice, { code, locale }: SmsMessage): string {
  const known: Readonly<Record<string, TwilioPrompt>> & { readonly en: TwilioPrompt } = { ...PROMPTS, ...prompts };
  const { language, voice, text } = inLanguage(known, locale) ?? known.en;
  const attributes = `language="${language}"${voice === undefined ? '' : ` voice="${voice}"`}`;
  const say = `<Say ${attributes}>${escaped(text.replaceAll('{code}', [...code].join(', ')))}</Say>`;
  // who answers lifts the phone to the ear first
  return `<Response>${`<Pause length="1"/>${say}`.repeat(repeat)}</Response>`;
}

function inLanguage<Value>(values: Readonly<Record<string, Value>>, locale: string): Value | undefined {
  const name = [locale, locale.split('-')[0] ?? ''].find((candidate) => Object.hasOwn(values, candidate));
  return name === undefined ? undefined : values[name];
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');
}
