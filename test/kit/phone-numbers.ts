import { getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { parsePhoneNumber } from '../../src/core/phone-number.ts';

// Reserved for fiction (NANPA 555-01XX), a hundred in each area code.
const US_AREA_CODES = [
  201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251,
  252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318,
  319, 320, 321, 323, 325, 330,
];

// Numbers drawn one after the other lie in different blocks, or a test with many of them would meet the limit of one block.
const BLOCKS = 100;

let drawn = 0;

/**
 * A number that this process did not draw before: in the United States one that is reserved for fiction, elsewhere one near the example of the
 * country's numbering plan.
 */
export function nextPhoneNumber(country = 'US'): string {
  for (let tries = 0; tries < 10_000; tries++) {
    const parsed = parsePhoneNumber(candidateOf(country, drawn++, tries < 2000), { allowedCountries: [country] });
    if (parsed.is === 'parsed') return parsed.phoneNumber;
  }
  throw new TypeError(`nextPhoneNumber: no mobile numbers are known for ${country}`);
}

// A small country has one block, in which the numbers of its neighbours do not lie.
function candidateOf(country: string, index: number, inManyBlocks: boolean): string {
  if (country === 'US') {
    const areaCode = US_AREA_CODES[index % US_AREA_CODES.length];
    return `+1${areaCode}55501${String(Math.floor(index / US_AREA_CODES.length) % 100).padStart(2, '0')}`;
  }
  const example = getExampleNumber(country as 'US', examples)?.number ?? '';
  if (!inManyBlocks) return example.slice(0, -4) + String(index % 10_000).padStart(4, '0');
  const block = String(index % BLOCKS).padStart(2, '0');
  return example.slice(0, -6) + block + String(Math.floor(index / BLOCKS) % 10_000).padStart(4, '0');
}
