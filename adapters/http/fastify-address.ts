import { addressOf } from '../../src/address.ts';
import type { FastifyRequestLike } from './fastify-subset.ts';
import { NOBODY, warnOfOpenTrust } from './node.ts';

/** The socket's address, or the rightmost one that `trustProxy` does not trust. */
export function ipOf(request: FastifyRequestLike): string | null {
  if (!trustsEverybody(request)) return addressOf(request.ip);
  warnOfOpenTrust("Fastify's trustProxy");
  return addressOf(request.socket.remoteAddress);
}

const MANY_HOPS = 64;

// By what the requests of one application inherit from: its setting does not change.
const trustsAll = new WeakMap<object, boolean>();

function trustsEverybody(request: FastifyRequestLike): boolean {
  const application = Object.getPrototypeOf(request) as object;
  const known = trustsAll.get(application);
  if (known !== undefined) return known;
  // without trustProxy it has no list of addresses
  const found = request.ips !== undefined && saysItTrustsEverybody(application);
  trustsAll.set(application, found);
  return found;
}

/** Fastify keeps its setting to itself, so that it is asked about a request that nobody sent. */
function saysItTrustsEverybody(application: object): boolean {
  const socket = { remoteAddress: NOBODY };
  const headers = { 'x-forwarded-for': Array(MANY_HOPS).fill(NOBODY).join() };
  const unsent = Object.create(application, { raw: { value: { headers, socket, connection: socket } } });
  return (unsent as { readonly ips: readonly string[] }).ips.length > MANY_HOPS;
}
