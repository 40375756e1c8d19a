import { getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { parsePhoneNumber } from '../../src/core/phone-number.ts';

// Reserved for fiction (NANPA 555-01XX), a hundred in each area code.
const US_AREA_CODES = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219];

let drawn = 0;

/**
 * A number that this process did not draw before: in the United States one that is reserved for fiction, elsewhere one near the example of the
 * country's numbering plan.
 */
export function nextPhoneNumber(country = 'US'): string {
  for (let tries = 0; tries < 10_000; tries++) {
    const parsed = parsePhoneNumber(candidateOf(country, drawn++), { allowedCountries: [country] });
    if (parsed.is === 'parsed') return parsed.phoneNumber;
  }
  throw new TypeError(`nextPhoneNumber: no mobile numbers are known for ${country}`);
}

function candidateOf(country: string, index: number): string {
  if (country === 'US') {
    const areaCode = US_AREA_CODES[Math.floor(index / 100) % US_AREA_CODES.length];
    return `+1${areaCode}55501${String(index % 100).padStart(2, '0')}`;
  }
  const example = getExampleNumber(country as 'US', examples)?.number ?? '';
  return example.slice(0, -4) + String(index % 10_000).padStart(4, '0');
}
