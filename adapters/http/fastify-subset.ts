import type { NodeHeaders, NodeStream } from './node.ts';

// Fastify by the members that are used, so that nothing of it is imported.

/** What is used of Fastify's request. */
export interface FastifyRequestLike {
  readonly method: string;
  readonly url?: string | undefined;
  readonly headers: NodeHeaders;
  readonly params: unknown;
  readonly body: unknown;
  readonly ip: string;
  readonly ips?: readonly string[] | undefined;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** What is used of Fastify's reply. */
export interface FastifyReplyLike {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  serializer(serialize: (payload: string) => string): FastifyReplyLike;
  send(payload?: string): unknown;
}

/** What is used of Fastify's instance. */
export interface FastifyScope {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(contentType: string, options: { readonly bodyLimit?: number }, parser: FastifyBodyParser): unknown;
  setErrorHandler(handler: (error: unknown, request: FastifyRequestLike, reply: FastifyReplyLike) => unknown): unknown;
  route(row: {
    readonly method: string;
    readonly url: string;
    readonly exposeHeadRoute: boolean;
    readonly handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>;
  }): unknown;
}

/** What is used of Fastify's parsers. */
export type FastifyBodyParser = (
  request: FastifyRequestLike,
  payload: NodeStream,
  done: (error: Error | null, body?: unknown) => void,
) => void;
