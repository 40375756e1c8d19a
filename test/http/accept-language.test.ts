import { describe, expect, it } from 'vitest';
import { preferredLocale } from '../../src/http/accept-language.ts';
import { createTestAuth } from '../kit/index.ts';

const LOCALES = ['zh-Hant', 'en-GB', 'en', 'de', 'fa', 'ar'];

describe('the language of a request', () => {
  it.each<[string | undefined, string | undefined]>([
    ['fa', 'fa'],
    ['FA', 'fa'],
    ['fa-IR', 'fa'],
    ['en-GB', 'en-GB'],
    ['en-gb', 'en-GB'],
    ['en-GB-oxendict', 'en-GB'],
    ['en-US,en;q=0.9', 'en'],
    ['zh-Hant-TW', 'zh-Hant'],
    ['zh-Hant-x-private', 'zh-Hant'],
    // a range never stands for what is narrower than itself
    ['zh', undefined],
    ['sv, de;q=0.2, fa;q=0.8', 'fa'],
    ['de;q=0.8, fa;q=0.8', 'de'],
    ['fr-CH, fr;q=0.9, *;q=0.5, ar;q=0.1', undefined],
    ['*', undefined],
    ['*;q=0.1, ar;q=0.5', 'ar'],
    ['fa;q=0, de', 'de'],
    ['fa;q=0.0', undefined],
    ['fa ; Q=1.000 ,\t de', 'fa'],
    [', ,fa,', 'fa'],
    ['tlh', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j', (header, locale) => {
    expect(preferredLocale(header, LOCALES)).toBe(locale);
  });

  it.each([
    'fa;q=1.1',
    'fa;q=0.1234',
    'fa;q=-1',
    'fa;q=',
    'fa;q=1;x=2',
    'fa;level=1',
    'fa_IR',
    'fa ir',
    'farsilang',
    '-fa',
    'fa-',
    '<fa>',
    'fa\u0000',
  ])('is not in %j, nor does that spoil what stands beside it', (element) => {
    expect(preferredLocale(element, LOCALES)).toBeUndefined();
    expect(preferredLocale(`${element}, de;q=0.1`, LOCALES)).toBe('de');
  });

  it('is not looked for in a flood', () => {
    expect(preferredLocale(`fa,${'x'.repeat(509)}`, LOCALES)).toBe('fa');
    expect(preferredLocale(`fa,${'x'.repeat(510)}`, LOCALES)).toBeUndefined();
    expect(preferredLocale('fa', [])).toBeUndefined();
  });

  it('is one that there are texts for, first of all your own', () => {
    const { auth } = createTestAuth({ messages: { sv: ({ code }) => code, 'fa-AF': { login: ({ code }) => code }, en: {} } });
    expect(auth.settings.locales).toEqual(['sv', 'fa-AF', 'en', 'de', 'fr', 'es', 'tr', 'ru', 'fa', 'ar']);
  });
});
