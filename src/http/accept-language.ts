// A page's worth of languages is nobody's.
const MOST_CHARACTERS = 512;
const RANGE = /^(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/**
 * The first of the locales that an `Accept-Language` asks for: what it likes best comes first, and a range that no locale has gets shorter from its
 * end (`fa-IR`, `fa`). `undefined`: none of them, or `*` comes before any. What is not well-formed is left out.
 *
 * The routes of this package do that by themselves; this is for `requestCode({ locale })` in routes of your own.
 *
 * @example
 * ```ts
 * import { preferredLocale } from 'ringlatch';
 *
 * const locale = preferredLocale('fa-IR, en;q=0.5', ['en', 'fa']); // 'fa'
 * ```
 * @see RFC 9110, 12.5.4, and RFC 4647, 3.4
 */
export function preferredLocale(header: string | undefined, locales: readonly string[]): string | undefined {
  if (header === undefined || header.length > MOST_CHARACTERS) return undefined;
  const ranges = header
    .split(',')
    .flatMap((element) => {
      const [, range, weight = '1'] = RANGE.exec(element.replace(/^[ \t]+|[ \t]+$/g, '')) ?? [];
      return range === undefined ? [] : [{ range: range.toLowerCase(), weight: Number(weight) }];
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight);
  for (const { range } of ranges) {
    if (range === '*') return undefined;
    for (let tag = range; tag !== ''; tag = tag.slice(0, Math.max(tag.lastIndexOf('-'), 0))) {
      const found = locales.find((locale) => locale.toLowerCase() === tag);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
