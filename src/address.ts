const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const V4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

/**
 * One spelling per address: ports, brackets and zones go, IPv4 inside IPv6 becomes IPv4, IPv6 is compressed (RFC 5952). `null` for all that is
 * not an address, so that no requester can invent buckets of their own.
 */
export function addressOf(text: string | null | undefined): string | null {
  if (typeof text !== 'string' || text.length > 64) return null;
  const trimmed = text.trim();
  if (V4.test(trimmed)) return trimmed;
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/.exec(trimmed)?.[1];
  if (v4 !== undefined) return V4.test(v4) ? v4 : null;
  const bare = /^\[(.+)\](?::\d{1,5})?$/.exec(trimmed)?.[1] ?? trimmed;
  const [v6 = ''] = bare.split('%');
  return /^[0-9a-f:.]+$/i.test(v6) && v6.includes(':') ? foldedV6(v6) : null;
}

function foldedV6(text: string): string | null {
  try {
    const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
    const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
    if (mapped === null) return canonical;
    const [high, low] = [Number.parseInt(mapped[1] as string, 16), Number.parseInt(mapped[2] as string, 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  } catch {
    return null;
  }
}
