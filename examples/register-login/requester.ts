import type { FastifyRequest } from 'fastify';
import type { Client } from 'ringlatch';
import { clientOf } from 'ringlatch/fastify';

/** Who asks. A client that sends back the header it got with its tokens has limits that nobody else can use up. */
export function deviceOf(request: FastifyRequest): Client {
  const deviceToken = request.headers['x-device-token'];
  return { ...clientOf(request), deviceToken: typeof deviceToken === 'string' ? deviceToken : undefined };
}
