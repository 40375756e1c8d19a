import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PURPOSES, type Purpose } from '../../src/core/challenge.ts';
import { composeMessage, isSafeLine, type MessageTemplates, type MessageVariables } from '../../src/core/message.ts';
import { MESSAGE_LANGUAGES, MESSAGE_TEXTS, type MessageTexts } from '../../src/core/message-texts.ts';
import { smsSegments } from '../../src/core/segments.ts';
import { textOf } from '../house/source-file.ts';
import { messageTable } from './message-table.ts';

const HASH = 'FA+9qCX9VSu';
const ORIGIN = 'example.com';

function variables(changes: Partial<MessageVariables> = {}): MessageVariables {
  return { code: '123456', appName: 'Abcdefghijkl', purpose: 'login', context: null, locale: 'en', expiresInMinutes: 5, ...changes };
}

function compose(
  changes: Partial<MessageVariables> = {},
  {
    messages,
    origin = ORIGIN,
    androidAppHash = null,
  }: { messages?: MessageTemplates; origin?: string | null; androidAppHash?: string | null } = {},
): string {
  return composeMessage({ variables: variables(changes), messages, origin, androidAppHash });
}

// The algorithm of https://wicg.github.io/sms-one-time-codes/#parsing, step by step.
function parseOriginBoundCode(
  message: string,
): { readonly host: string; readonly code: string; readonly embeddedHost: string | null } | null {
  const line = [...(message.replace(/\r\n?/g, '\n').split('\n').at(-1) as string)];
  let position = 0;
  const markedToken = (marker: string): string | null => {
    if (line[position] !== marker) return null;
    position++;
    let token = '';
    while (position < line.length && !/[\t\n\f\r ]/.test(line[position] as string)) token += line[position++];
    return token === '' ? null : token;
  };
  const host = markedToken('@');
  if (host === null || line[position] !== ' ') return null;
  position++;
  const code = markedToken('#');
  if (code === null) return null;
  let embeddedHost: string | null = null;
  if (line[position] === ' ') {
    position++;
    embeddedHost = markedToken('%');
  }
  return { host, code, embeddedHost };
}

const lastLineOf = (text: string) => text.split('\n').at(-1);
const bytesOf = (text: string) => new TextEncoder().encode(text).length;
const GSM_LANGUAGES = ['en', 'de', 'fr', 'es'];
const RIGHT_TO_LEFT = ['fa', 'ar'];
const everyBuiltIn = MESSAGE_LANGUAGES.flatMap((locale) => PURPOSES.map((purpose) => ({ locale, purpose })));

describe('the built-in texts', () => {
  it('exist in eight languages', () => {
    expect(MESSAGE_LANGUAGES.toSorted()).toEqual(['ar', 'de', 'en', 'es', 'fa', 'fr', 'ru', 'tr']);
  });

  it.each(everyBuiltIn)('carry a code that a browser reads: $locale, $purpose', ({ locale, purpose }) => {
    for (const androidAppHash of [null, HASH]) {
      for (const context of [null, 'Transfer 500 EUR to Bob', 'انتقال ۵۰۰ تومان به علی']) {
        const text = compose({ locale, purpose, context }, { androidAppHash });
        expect(parseOriginBoundCode(text)).toEqual({ host: ORIGIN, code: '123456', embeddedHost: null });
        expect(lastLineOf(text)).toBe(androidAppHash === null ? '@example.com #123456' : `@example.com #123456 ${HASH}`);
      }
    }
  });

  it.each(everyBuiltIn)('fit one SMS: $locale, $purpose', ({ locale, purpose }) => {
    const encoding = GSM_LANGUAGES.includes(locale) ? 'GSM-7' : 'UCS-2';
    expect(smsSegments(compose({ locale, purpose }))).toEqual({ encoding, segments: 1 });
  });

  it.each(everyBuiltIn)('have at most 140 bytes with the Android hash: $locale, $purpose', ({ locale, purpose }) => {
    const text = compose({ locale, purpose }, { androidAppHash: HASH });
    expect(bytesOf(text)).toBeLessThanOrEqual(140);
    expect(smsSegments(text).segments).toBe(GSM_LANGUAGES.includes(locale) ? 1 : 2);
  });

  it.each(everyBuiltIn)('ask to keep the code to oneself: $locale, $purpose', ({ locale, purpose }) => {
    const { warnings } = MESSAGE_TEXTS[locale] as MessageTexts;
    for (const androidAppHash of [null, HASH]) {
      for (const context of [null, 'x'.repeat(64)]) {
        const text = compose({ locale, purpose, context, appName: 'x'.repeat(30) }, { androidAppHash });
        expect(warnings.filter((warning) => text.includes(warning))).not.toEqual([]);
      }
    }
  });

  it('warn in as many words as cost no further SMS, and in few where it makes no difference to Android', () => {
    const warningIn = (changes: Partial<MessageVariables>, androidAppHash: string | null = null): string => {
      const text = compose(changes, { androidAppHash });
      return MESSAGE_TEXTS[changes.locale ?? 'en']?.warnings.find((warning) => text.includes(warning))?.trim() ?? '';
    };
    const long = { purpose: 'step-up', context: 'x'.repeat(64) } as const;
    expect(warningIn({})).toBe('Never share it with anyone.');
    expect(warningIn(long)).toBe('Never share it.');
    expect(smsSegments(compose(long)).segments).toBe(1);
    expect(warningIn({ locale: 'fa', appName: 'Acme' })).toBe('آن را به هیچ‌کس نگویید');
    expect(warningIn({ locale: 'fa' })).toBe('به کسی نگویید');
    expect(warningIn({ locale: 'fa', appName: 'Acme' }, HASH)).toBe('محرمانه');
    expect(smsSegments(compose({ locale: 'fa', appName: 'Acme' }, { androidAppHash: HASH })).segments).toBe(1);
    // two SMS in any case: then the longest that Android still reads
    expect(warningIn({ locale: 'fa', appName: 'x'.repeat(28) }, HASH)).toBe('آن را به هیچ‌کس نگویید');
    expect(warningIn({ locale: 'fa', appName: 'x'.repeat(30), context: 'x'.repeat(14) }, HASH)).toBe('به کسی نگویید');
    expect(warningIn({ locale: 'fa', context: 'x'.repeat(64) }, HASH)).toBe('محرمانه');
  });

  it.each(MESSAGE_LANGUAGES)('name the app, the code in ASCII digits, the context, and another purpose each: %s', (locale) => {
    const texts = PURPOSES.map((purpose) => compose({ locale, purpose, context: 'pay 5' }, { origin: null }));
    expect(new Set(texts).size).toBe(PURPOSES.length - 1);
    expect(compose({ locale, purpose: 'sign-in' })).toBe(compose({ locale, purpose: 'login' }));
    for (const text of texts) {
      expect(text).toContain('Abcdefghijkl');
      expect(text.match(/\p{Nd}{6}/gu)).toEqual(['123456']);
      expect(lastLineOf(text)).toBe('pay 5');
    }
  });

  it.each(everyBuiltIn)(
    'isolate the code where the language runs from right to left, and nowhere else: $locale, $purpose',
    ({ locale, purpose }) => {
      const [sentence = '', ...lines] = compose({ locale, purpose }).split('\n');
      const isolates = [...compose({ locale, purpose })].filter((character) => /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(character));
      if (!RIGHT_TO_LEFT.includes(locale)) return expect(isolates).toEqual([]);
      expect(isolates).toEqual(['\u2066', '\u2069']);
      expect(sentence).toContain('\u2066123456\u2069');
      // a phone takes the direction of a line from its first letter
      for (const line of [sentence, ...lines.slice(0, -1)]) expect(/\p{L}/u.exec(line)?.[0]).toMatch(/\p{Script=Arabic}/u);
    },
  );

  it('take names literally', () => {
    expect(compose({ appName: "$& {code} $'" }, { origin: null })).toContain("$& {code} $'");
  });

  it('are listed in docs/messages.md with what they cost; `npm run message-table` writes it', () => {
    expect(textOf('docs/messages.md')).toContain(`\n\n${messageTable()}\n\n`);
    expect(messageTable()).not.toContain('TOO LONG');
  });
});

describe('the template of a message', () => {
  const say = (what: string) => () => what;
  const messages: MessageTemplates = {
    'fa-IR': { login: say('exact') },
    fa: { default: say('language'), verify: say('language verify') },
    en: { default: say('own English') },
  };
  const first = (locale: string, purpose: Purpose = 'login') => compose({ locale, purpose }, { messages, origin: null });

  it('is that of the locale, then of the language, then the built-in one, then English', () => {
    expect(first('fa-IR')).toBe('exact');
    expect(first('FA-ir')).toBe('exact');
    expect(first('fa-IR', 'verify')).toBe('language verify');
    expect(first('fa-IR', 'register')).toBe('language');
    expect(first('fa-AF')).toBe('language');
    expect(first('de-CH')).toBe(compose({ locale: 'de' }, { origin: null }));
    expect(first('ja')).toBe('own English');
    expect(compose({ locale: 'ja' })).toBe(compose({ locale: 'en' }));
  });

  it.each(['constructor', '__proto__', 'toString', ''])('is English for the locale "%s"', (locale) => {
    expect(compose({ locale })).toBe(compose());
    expect(compose({ locale }, { messages: {} })).toBe(compose());
  });

  it('may be one function for a whole locale, built in or new', () => {
    const own: MessageTemplates = { sv: ({ purpose }) => `svenska ${purpose}`, 'FA-ir': say('exact'), en: { login: say('own English') } };
    const said = (locale: string, purpose: Purpose = 'login') => compose({ locale, purpose }, { messages: own, origin: null });
    expect([said('sv'), said('sv-SE', 'verify'), said('fa-IR'), said('en')]).toEqual([
      'svenska login',
      'svenska verify',
      'exact',
      'own English',
    ]);
    expect(said('fa')).toBe(compose({ locale: 'fa' }, { origin: null }));
    expect(said('en', 'verify')).toBe(compose({ purpose: 'verify' }, { origin: null }));
  });

  it('sees the variables', () => {
    const template = (v: MessageVariables) => `${v.code} ${v.appName} ${v.purpose} ${v.context} ${v.locale} ${v.expiresInMinutes}`;
    const text = compose({ purpose: 'step-up', context: 'c', locale: 'ja' }, { messages: { ja: { 'step-up': template } }, origin: null });
    expect(text).toBe('123456 Abcdefghijkl step-up c ja 5');
  });

  it('is left alone without an origin, and must be text', () => {
    expect(compose({}, { messages: { en: { default: say('a\r\nb\n\n') } }, origin: null })).toBe('a\r\nb\n\n');
    expect(() => compose({}, { messages: { en: { default: (() => undefined) as unknown as () => string } } })).toThrow(TypeError);
  });

  it.each([
    'text\n\n',
    'text\r\n',
    'text\r',
    'x\n@evil.example #999999',
    'x\r@evil.example #999999\r',
    '',
    '@evil.example #999999 %',
    'a\u2028@b #1',
  ])('does not displace the last line: %j', (text) => {
    const composed = compose({}, { messages: { en: { default: say(text) } } });
    expect(lastLineOf(composed)).toBe('@example.com #123456');
    expect(parseOriginBoundCode(composed)).toMatchObject({ host: ORIGIN, code: '123456' });
    expect(composed).not.toMatch(/\r|\n\n@example/);
  });
});

describe('a hostile template', () => {
  it('never gets another origin, host or code into the last line', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        '@',
        '#',
        '%',
        ' ',
        '@evil.example #999999',
        'https://evil.example/',
        '\u202e',
        '\u2066',
        '\u2028',
        '\u0085',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom(null, HASH), (written, androidAppHash) => {
        const composed = compose({}, { messages: { en: () => written }, androidAppHash });
        expect(parseOriginBoundCode(composed)).toEqual({ host: ORIGIN, code: '123456', embeddedHost: null });
        expect(lastLineOf(composed)).toBe(androidAppHash === null ? '@example.com #123456' : `@example.com #123456 ${HASH}`);
      }),
    );
  });
});

describe('a safe line', () => {
  it.each([
    'Acme',
    'Booking.com',
    'C#',
    'R&D 100%',
    'پرداخت می‌کنم',
    'Transfer 20.50 EUR to Dr.Müller?',
    'Pay 5/month',
    '👨‍👩‍👧 Family',
    'a@b',
    '1.2.3',
  ])('is %j', (text) => {
    expect(isSafeLine(text, 64)).toBe(true);
  });

  it.each([
    '',
    '   ',
    'a\nb',
    'a\rb',
    'a\u2028b',
    'a\u2029b',
    'a\u0085b',
    'a\u0000b',
    'a\tb',
    'a\u200eb',
    'a\u202eb',
    'a\u2067b',
    'a\u200bb',
    'a\u00adb',
    'a\ufeffb',
    'a\ud800b',
    'http://evil.example',
    'see www.evil.example',
    'evil.com/x',
    'evil.com:443',
    'evil.com?x',
    'evil.com#x',
    'bit.ly/abc',
    'xn--e1a.xn--p1ai/',
    'пример.рф/x',
    'evil\uff0ecom/x',
    'evil\u3002com/x',
    'ev\u200cil.com/x',
    '10.0.0.1/x',
    '@evil.example',
    ' @evil.example #1',
    'hi @evil.example #999999',
    '\uff20evil.example \uff03999999',
  ])('is not %j', (text) => {
    expect(isSafeLine(text, 64)).toBe(false);
  });

  it('has at most so many characters, emoji counted as one', () => {
    expect(isSafeLine('x'.repeat(30), 30)).toBe(true);
    expect(isSafeLine('x'.repeat(31), 30)).toBe(false);
    expect(isSafeLine('😀'.repeat(30), 30)).toBe(true);
    expect(isSafeLine('😀'.repeat(31), 30)).toBe(false);
  });

  it('never changes the last line, whatever it holds', () => {
    const piece = fc.oneof(
      fc.constantFrom('\r', '\n', '@', '#', ' ', 'http://', '.com/', '\u202e', '\u2028', '{code}', '$&'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const line = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(line, line, fc.constantFrom(...PURPOSES), fc.constantFrom(...MESSAGE_LANGUAGES), (appName, context, purpose, locale) => {
        fc.pre(isSafeLine(appName, 30) && isSafeLine(context, 64));
        const changes = { appName, context, purpose, locale };
        expect(parseOriginBoundCode(compose(changes))).toEqual({ host: ORIGIN, code: '123456', embeddedHost: null });
        expect(parseOriginBoundCode(compose(changes, { origin: null }))).toBe(null);
        expect(compose(changes).split('\n').length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

describe('segments', () => {
  it.each([
    ['', 'GSM-7', 1],
    ['a'.repeat(160), 'GSM-7', 1],
    ['a'.repeat(161), 'GSM-7', 2],
    ['a'.repeat(306), 'GSM-7', 2],
    ['a'.repeat(307), 'GSM-7', 3],
    ['€'.repeat(80), 'GSM-7', 1],
    ['€'.repeat(81), 'GSM-7', 2],
    // an escape pair that would straddle two parts moves to the second: 152 + 1 unused, then 155
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM-7', 3],
    [`${'a'.repeat(152)}€${'a'.repeat(151)}`, 'GSM-7', 2],
    ['ا'.repeat(70), 'UCS-2', 1],
    ['ا'.repeat(71), 'UCS-2', 2],
    ['ا'.repeat(134), 'UCS-2', 2],
    ['ا'.repeat(135), 'UCS-2', 3],
    ['😀'.repeat(35), 'UCS-2', 1],
    ['😀'.repeat(36), 'UCS-2', 2],
    ['😀'.repeat(66), 'UCS-2', 2],
    ['😀'.repeat(67), 'UCS-2', 3],
    ['ç', 'UCS-2', 1],
    ['Ç', 'GSM-7', 1],
    ['`', 'UCS-2', 1],
    ['\u00a0', 'UCS-2', 1],
    ['^{}\\[~]|€\f', 'GSM-7', 1],
    ['@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà', 'GSM-7', 1],
  ])('of %j', (text, encoding, segments) => {
    expect(smsSegments(text)).toEqual({ encoding, segments });
  });
});
