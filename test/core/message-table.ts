import { composeMessage } from '../../src/core/message.ts';
import { MESSAGE_LANGUAGES, MESSAGE_TEXTS } from '../../src/core/message-texts.ts';
import { smsSegments } from '../../src/core/segments.ts';

// What the table of docs/messages.md is of.
const MEASURED = { appName: 'Abcdefghijkl', code: '123456', origin: 'example.com', androidAppHash: 'FA+9qCX9VSu' };

// `sign-in` has the texts of `login`.
const PURPOSES = ['login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up'] as const;

/** Every built-in text, what it costs without and with the Android hash, and why. */
export function messageTable(): string {
  const rows = MESSAGE_LANGUAGES.flatMap((locale) =>
    PURPOSES.map((purpose) => {
      const compose = (androidAppHash: string | null): string =>
        composeMessage({
          variables: { ...MEASURED, purpose, context: null, locale, expiresInMinutes: 5 },
          messages: undefined,
          origin: MEASURED.origin,
          androidAppHash,
        });
      const [plain, hashed] = [compose(null), compose(MEASURED.androidAppHash)];
      const { encoding, segments } = smsSegments(plain);
      const withHash = smsSegments(hashed).segments;
      const direction = MESSAGE_TEXTS[locale]?.isRightToLeft === true ? ' dir="rtl"' : '';
      // without the last line, and without the isolates, which nobody sees
      const shown = plain
        .split('\n')
        .slice(0, -1)
        .join('<br>')
        .replaceAll(/[\u2066\u2069]/g, '');
      const bytes = new TextEncoder().encode(hashed).length;
      return [locale, purpose, `<span${direction}>${shown}</span>`, encoding, segments, withHash, bytes, reasonFor(encoding, withHash)];
    }),
  );
  const head = [
    'locale',
    'purpose',
    'text before the last line',
    'alphabet',
    'SMS',
    'SMS with the hash',
    'bytes of UTF-8 with the hash',
    'why more',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function reasonFor(encoding: string, segments: number): string {
  if (segments === 1) return '';
  return encoding === 'UCS-2' ? 'UCS-2: 70 characters, 33 of them the last line' : 'TOO LONG';
}
