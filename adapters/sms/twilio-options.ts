import type { ProviderSmsOptions } from './sender-options.ts';

/** What `twilioSms` takes. It sends on the channels for which it has a sender. */
export interface TwilioSmsOptions extends ProviderSmsOptions {
  /** `AC…`, of the account or subaccount that sends. */
  readonly accountSid: string;
  /** The primary one of that account. Receipts need it, because Twilio signs them with it, and calls do where there is no `apiKey`. @default none */
  readonly authToken?: string | undefined;
  /** What to call with instead; it can be revoked by itself. @default the `accountSid` and its `authToken` */
  readonly apiKey?: TwilioApiKey | undefined;
  /** Who sends SMS: a number (E.164), a short code or an alphanumeric sender ID. @default one that the messaging service chooses */
  readonly from?: string | undefined;
  /** `MG…`, whose senders send SMS. @default none */
  readonly messagingServiceSid?: string | undefined;
  /** Who sends by WhatsApp, and what. @default no WhatsApp */
  readonly whatsapp?: TwilioWhatsapp | undefined;
  /** Who calls, and what is said. @default no calls */
  readonly voice?: TwilioVoice | undefined;
  /** The URL of yours that takes receipts; it needs `authToken`. @default no receipts */
  readonly receiptUrl?: string | undefined;
  /** Another region, e.g. `https://api.sydney.au1.twilio.com`. @default 'https://api.twilio.com' */
  readonly endpoint?: string | undefined;
}

/** An API key, standard or restricted. */
export interface TwilioApiKey {
  /** `SK…` */
  readonly sid: string;
  /** Shown once, when the key was made. */
  readonly secret: string;
}

/** How codes travel by WhatsApp: from `from`, `messagingServiceSid` or both. */
export interface TwilioWhatsapp {
  /** The number of the WhatsApp sender, E.164. @default one that the messaging service chooses */
  readonly from?: string | undefined;
  /** `MG…`, with a WhatsApp sender in it. @default none */
  readonly messagingServiceSid?: string | undefined;
  /**
   * `HX…`, an approved authentication template, or one for each language and a `default`. WhatsApp delivers texts without a template only to who
   * wrote to the sender within a day (63016). @default no template: the text of the message
   */
  readonly contentSid?: string | Readonly<Record<string, string>> | undefined;
  /** Values for the variables of the template, in which `{code}` stands for the code. @default { '1': '{code}' } */
  readonly contentVariables?: Readonly<Record<string, string>> | undefined;
}

/** How codes are said on the phone. A voicemail box hears them too. */
export interface TwilioVoice {
  /** A number of the account, or a verified caller ID, E.164. */
  readonly from: string;
  /** What is said, by the language of the message. Those given stand beside the usual ones. @default English (also for all others), French, German, Spanish */
  readonly prompts?: Readonly<Record<string, TwilioPrompt>> | undefined;
  /** Times that it is said, 1 to 5. @default 3 */
  readonly repeat?: number | undefined;
}

/** A sentence to say. */
export interface TwilioPrompt {
  /** In which `{code}` stands for the code, digit by digit. */
  readonly text: string;
  /** As Twilio names it: `en-GB`. */
  readonly language: string;
  /** As Twilio names it: `Polly.Amy`. @default that of the account for the language */
  readonly voice?: string | undefined;
}
