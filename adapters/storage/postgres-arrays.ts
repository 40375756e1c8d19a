/** Writes texts as PostgreSQL writes an array of them: it reads that faster than any JSON. */
export function textArray(texts: readonly (string | number | null)[]): string {
  return `{${texts.map(elementOf).join(',')}}`;
}

/** Writes whole numbers as PostgreSQL writes an array of them; what no number holds exactly becomes the most that one does. */
export function numberArray(numbers: readonly number[]): string {
  return `{${numbers.map((number) => Math.min(Math.floor(number), Number.MAX_SAFE_INTEGER)).join(',')}}`;
}

function elementOf(text: string | number | null): string {
  if (typeof text === 'number') return String(text);
  return text === null ? 'null' : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
