import type { FastifyRequest } from 'fastify';
import type { Client } from 'ringlatch';
import { clientOf } from 'ringlatch/fastify';

/** Who asks. A client that sends back the header it got with its tokens has limits that nobody else can use up. */
export function deviceOf(request: FastifyRequest): Client {
  const deviceToken = request.headers['x-device-token'];
  return { ...clientOf(request), deviceToken: typeof deviceToken === 'string' ? deviceToken : undefined };
}

/** The first of the locales that `Accept-Language` names, or whose language it names. */
export function localeOf(request: FastifyRequest, locales: readonly string[]): string | undefined {
  const ranges = (request.headers['accept-language'] ?? '').toLowerCase().split(',');
  const wanted = ranges.map((range) => range.split(';', 1).join().trim()).flatMap((range) => [range, range.split('-', 1).join()]);
  const known = new Map(locales.map((locale) => [locale.toLowerCase(), locale]));
  return wanted.map((range) => known.get(range)).find((locale) => locale !== undefined);
}
