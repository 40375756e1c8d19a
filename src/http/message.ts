/** The most bytes that a body may have. A host may stop reading one byte later. */
export const MAX_BODY_BYTES = 4096;

/**
 * A body as the host has it: the bytes as they came, or what a parser before us made of them (then duplicate keys can no longer be seen), or
 * `null` where there is none.
 */
export type HttpBody = { readonly bytes: Uint8Array } | { readonly parsed: unknown } | null;

/** A request as the routes see it, whatever the host. */
export interface HttpRequest {
  readonly method: string;
  /** The named segments of the path, decoded: `{ id }` for `/sessions/:id`. */
  readonly params: Readonly<Record<string, string>>;
  /** The query as it came, with its question mark; `''` for none. */
  readonly search: string;
  /** One header by its name in lower case; several of one name joined as RFC 9110, 5.3 says. */
  readonly header: (name: string) => string | undefined;
  readonly body: HttpBody;
  /** The requester's address, never from a header that the requester can write; `null` where there is none. */
  readonly ip: string | null;
  /** The host's own request: Express's `req`, Fastify's `request`, a fetch `Request`. */
  readonly raw: unknown;
}

/** An answer as the routes give it. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** One `Set-Cookie` header each. */
  readonly setCookies: readonly string[];
  /** JSON text; `null` is no body at all. */
  readonly body: string | null;
}
