/** Replaces every Unicode decimal digit (Persian, Arabic-Indic, fullwidth …) by its ASCII form and leaves the rest alone. */
export function toAsciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, digitValue);
}

// Unicode keeps decimal digits in runs of ten that begin at zero; some runs touch, so the distance to the start of the block counts modulo ten.
function digitValue(character: string): string {
  const codePoint = character.codePointAt(0) as number;
  let distance = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - distance - 1))) distance++;
  return String(distance % 10);
}
