const GSM_BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const GSM_EXTENSION = new Set('\f^{}\\[~]|€');

const ASCII: readonly string[] = Array.from({ length: 128 }, (_, unit) => String.fromCharCode(unit));
// Septets of each; 0 for what is outside GSM-7.
const ASCII_SEPTETS: Readonly<Uint8Array> = Uint8Array.from(ASCII, (letter) =>
  GSM_BASIC.has(letter) ? 1 : GSM_EXTENSION.has(letter) ? 2 : 0,
);

/**
 * How many SMS a text costs: 160 septets alone or 153 in each part of several, and 70 or 67 UTF-16 units once a character is outside GSM-7.
 * A character that takes two is not split between parts.
 *
 * @see 3GPP TS 23.038, 6.2.1 and TS 23.040, 9.2.3.24.1
 */
export function smsSegments(text: string): { readonly encoding: 'GSM-7' | 'UCS-2'; readonly segments: number } {
  if (septetsOfAscii(text) <= 160) return { encoding: 'GSM-7', segments: 1 };
  const characters = [...text];
  const isGsm = characters.every((character) => GSM_BASIC.has(character) || GSM_EXTENSION.has(character));
  const costs = characters.map((character) => (isGsm ? (GSM_EXTENSION.has(character) ? 2 : 1) : character.length));
  const [alone, part] = isGsm ? [160, 153] : [70, 67];
  const encoding = isGsm ? 'GSM-7' : 'UCS-2';
  if (costs.reduce((sum, cost) => sum + cost, 0) <= alone) return { encoding, segments: 1 };
  let segments = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > part) {
      segments++;
      used = 0;
    }
    used += cost;
  }
  return { encoding, segments };
}

/** Most messages are short and plain ASCII, and need not be taken apart; `Infinity` for every other text. */
function septetsOfAscii(text: string): number {
  let septets = 0;
  for (let i = 0; i < text.length && septets <= 160; i++) septets += ASCII_SEPTETS[text.charCodeAt(i)] || Number.POSITIVE_INFINITY;
  return septets;
}
