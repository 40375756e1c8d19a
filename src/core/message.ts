import type { Purpose } from './challenge.ts';

/** What a message template sees. */
export interface MessageVariables {
  readonly code: string;
  readonly appName: string;
  readonly purpose: Purpose;
  /** The `context` of the request, or `null`. */
  readonly context: string | null;
  readonly locale: string;
  /** Whole minutes until the code expires. */
  readonly expiresInMinutes: number;
}

/** Writes the first line of a message. The WebOTP line is added by the library. */
export type MessageTemplate = (variables: MessageVariables) => string;

/** Templates by locale (BCP 47), then by purpose, or `default` for all others. */
export type MessageTemplates = Readonly<Record<string, Readonly<Partial<Record<Purpose | 'default', MessageTemplate>>>>>;

type Sentences = Readonly<Record<Exclude<Purpose, 'sign-in'>, string>>;

// Each fits one SMS segment with an app name of 12 letters, a code of 6 digits and the line `@example.com #123456`. What is written without
// letters outside GSM-7 (en, de, fr, es) has 160 of them for it, the others have 70 and say "never share" where there is room.
const SENTENCES: Readonly<Record<string, Sentences>> = {
  en: {
    login: '{code} is your {app} sign-in code. Never share it with anyone.',
    register: '{code} is your {app} code to create an account. Never share it.',
    verify: '{code} is your {app} code to verify this number. Never share it.',
    'reset-password': '{code} is your {app} code to reset your password. Never share it.',
    'change-phone-number': '{code} is your {app} code to change your phone number. Never share it.',
    'step-up': '{code} is your {app} code to confirm this. Never share it.',
  },
  de: {
    login: '{code} ist Ihr {app}-Code zum Anmelden. Niemals weitergeben.',
    register: '{code} ist Ihr {app}-Code zum Registrieren. Niemals weitergeben.',
    verify: '{code} ist Ihr {app}-Code zum Bestätigen dieser Nummer. Niemals weitergeben.',
    'reset-password': '{code} ist Ihr {app}-Code zum Zurücksetzen des Passworts. Niemals weitergeben.',
    'change-phone-number': '{code} ist Ihr {app}-Code zum Ändern der Telefonnummer. Niemals weitergeben.',
    'step-up': '{code} ist Ihr {app}-Code zum Bestätigen. Niemals weitergeben.',
  },
  fr: {
    login: '{code} : votre code de connexion {app}. Ne le donnez à personne.',
    register: "{code} : votre code d'inscription {app}. Ne le donnez à personne.",
    verify: '{code} : votre code {app} pour vérifier ce numéro. Ne le donnez à personne.',
    'reset-password': '{code} : votre code {app} pour changer de mot de passe. Ne le donnez à personne.',
    'change-phone-number': '{code} : votre code {app} pour changer de numéro. Ne le donnez à personne.',
    'step-up': '{code} : votre code {app} pour confirmer. Ne le donnez à personne.',
  },
  es: {
    login: 'Usa {code} para entrar en {app}. No lo compartas con nadie.',
    register: 'Usa {code} para crear tu cuenta de {app}. No lo compartas con nadie.',
    verify: 'Usa {code} para verificar tu teléfono en {app}. No lo compartas con nadie.',
    'reset-password': 'Usa {code} para cambiar tu contraseña de {app}. No lo compartas con nadie.',
    'change-phone-number': 'Usa {code} para cambiar tu teléfono en {app}. No lo compartas con nadie.',
    'step-up': 'Usa {code} para confirmar en {app}. No lo compartas con nadie.',
  },
  tr: {
    login: '{app} giriş kodunuz: {code}. Paylaşmayın.',
    register: '{app} kayıt kodunuz: {code}. Paylaşmayın.',
    verify: '{app} numara doğrulama kodunuz: {code}',
    'reset-password': '{app} şifre yenileme kodunuz: {code}',
    'change-phone-number': '{app} numara değiştirme kodu: {code}',
    'step-up': '{app} onay kodunuz: {code}. Paylaşmayın.',
  },
  ru: {
    login: '{code} – вход в {app}. Никому не говорите.',
    register: '{code} – регистрация в {app}. Не сообщайте',
    verify: '{code} – проверка номера в {app}',
    'reset-password': '{code} – новый пароль {app}. Не сообщайте',
    'change-phone-number': '{code} – новый номер в {app}. Не сообщайте',
    'step-up': '{code} – подтверждение в {app}',
  },
  fa: {
    login: 'کد ورود به {app}: {code}\nبه کسی نگویید.',
    register: 'کد ثبت‌نام در {app}: {code}\nبه کسی نگویید.',
    verify: 'کد تأیید شماره در {app}: {code}',
    'reset-password': 'کد تغییر رمز {app}: {code}\nبه کسی نگویید.',
    'change-phone-number': 'کد تغییر شماره در {app}: {code}',
    'step-up': 'کد تأیید در {app}: {code}\nبه کسی نگویید.',
  },
  ar: {
    login: 'رمز الدخول إلى {app}: {code}\nلا تشاركه.',
    register: 'رمز التسجيل في {app}: {code}\nلا تشاركه.',
    verify: 'رمز تأكيد الرقم في {app}: {code}\nلا تشاركه',
    'reset-password': 'رمز تغيير كلمة مرور {app}: {code}',
    'change-phone-number': 'رمز تغيير الرقم في {app}: {code}\nلا تشاركه',
    'step-up': 'رمز التأكيد في {app}: {code}\nلا تشاركه.',
  },
};

/** The languages of the built-in texts. */
export const MESSAGE_LANGUAGES: readonly string[] = Object.keys(SENTENCES);

/**
 * The whole text of a message: the consumer's template of that locale, else of its language, else the built-in one of that language, else
 * English. Built-in texts show the context on a line of its own. With `origin` the last line is `@origin #code`, and the Android hash
 * behind it where given; a template cannot displace it. Without, a consumer's text is left as it is.
 *
 * @see https://wicg.github.io/sms-one-time-codes/#format
 */
export function composeMessage(m: {
  readonly variables: MessageVariables;
  readonly messages: MessageTemplates | undefined;
  readonly origin: string | null;
  readonly androidAppHash: string | null;
}): string {
  const text: unknown = templateFor(m.variables, m.messages ?? {})(m.variables);
  // nobody would ever look at it again, and an unhandled rejection ends a process
  if (text instanceof Promise) text.catch(() => undefined);
  if (typeof text !== 'string') throw new TypeError(`messages.${m.variables.locale}: a template must return a string`);
  if (m.origin === null) return text;
  const hash = m.androidAppHash === null ? '' : ` ${m.androidAppHash}`;
  return `${text.replace(/\r\n?/g, '\n').trimEnd()}\n@${m.origin} #${m.variables.code}${hash}`;
}

function templateFor({ locale, purpose }: MessageVariables, messages: MessageTemplates): MessageTemplate {
  const language = locale.split(/[-_]/, 1)[0] ?? locale;
  const custom = (key: string) => {
    const templates = entryOf(messages, key);
    return templates?.[purpose] ?? templates?.default;
  };
  const sentences = entryOf(SENTENCES, language);
  return custom(locale) ?? custom(language) ?? (sentences && builtIn(sentences)) ?? custom('en') ?? builtIn(SENTENCES.en as Sentences);
}

// Language tags do not distinguish case (RFC 5646, 2.1.1), and a locale called `constructor` finds nothing.
function entryOf<Entry>(table: Readonly<Record<string, Entry>>, locale: string): Entry | undefined {
  const key = Object.keys(table).find((candidate) => candidate.toLowerCase() === locale.toLowerCase());
  return key === undefined ? undefined : table[key];
}

function builtIn(sentences: Sentences): MessageTemplate {
  return ({ purpose, code, appName, context }) => {
    // One pass with a function: braces or dollar signs in a name are only letters.
    const sentence = sentences[purpose === 'sign-in' ? 'login' : purpose].replace(/\{(code|app)\}/g, (_, name) =>
      name === 'code' ? code : appName,
    );
    return context === null ? sentence : `${sentence}\n${context}`;
  };
}

// A scheme, `www.`, or a host name or IPv4 address with a path, port, query or fragment.
const LINK = /:\/\/|\bwww\.|[^\s/](?:\.\p{L}[\p{L}\p{N}-]*\.?|(?:\.\d{1,3}){3})(?::\d|[/\\]|[?#]\S)/iu;
const ORIGIN_LINE = /^\s*@|@\S+\s+#/;

/**
 * Whether a text may stand in a message: 1 to `max` characters, one line, no control, bidi or other invisible characters (the joiners of
 * Persian and of emoji excepted), nothing that a phone makes a link of or reads as a WebOTP line. A bare name such as `Booking.com` passes.
 */
export function isSafeLine(text: string, max: number): boolean {
  const visible = text.replace(/[\u200c\u200d]/g, '');
  if (visible.trim() === '' || text.length > 2 * max || [...text].length > max) return false;
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(visible)) return false;
  const folded = visible.normalize('NFKC').replaceAll('\u3002', '.');
  return !LINK.test(folded) && !ORIGIN_LINE.test(folded);
}
