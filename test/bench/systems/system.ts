import type { Visitor } from '../visitor.ts';

/** Where a system keeps what it must not forget. */
export const STORES = ['none', 'memory', 'sqlite', 'postgres', 'redis', 'redis+postgres'] as const;
export type StoreName = (typeof STORES)[number];

/** How the routes of a system are served; `fetch` is Hono on Node's own server. */
export const HOSTS = ['express', 'fastify', 'fetch'] as const;
export type HostName = (typeof HOSTS)[number];

/** What a visitor can do. Each throws when it does not succeed. */
export interface Operations {
  requestCode(visitor: Visitor): Promise<void>;
  /** Signs in, and up when the number is new. */
  signIn(visitor: Visitor, code: string): Promise<void>;
  refresh?(visitor: Visitor): Promise<void>;
  /** With {@link BENCH_PASSWORD}, once the visitor has signed up. */
  loginWithPassword?(visitor: Visitor): Promise<void>;
}

/** The password of every visitor. */
export const BENCH_PASSWORD = 'correct horse battery staple';

/** A server that listens on a port of this machine. */
export interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** A system over one store. */
export interface OpenSystem {
  /** In this process, without HTTP; nothing where it is only routes. */
  readonly operations: Operations | null;
  /** The code that was last sent to a number. */
  codeFor(phoneNumber: string): string;
  listen(host: HostName): Promise<Listening>;
  /** Waits until nothing is left to be done behind answers. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** What is sent over HTTP: JSON by POST. */
export interface WireRequest {
  readonly path: string;
  readonly body: unknown;
  /** From where the request seems to come, as a proxy would tell. */
  readonly ip: string;
}

/** Sends a request and gives the text of the answer; throws unless its status is 2xx. */
export type Send = (request: WireRequest) => Promise<string>;

/** Something to measure. */
export interface System {
  readonly stores: readonly StoreName[];
  /** @throws {TypeError} when the library does not have what is asked for */
  open(store: StoreName): Promise<OpenSystem>;
  /** The same operations as seen by a client of its routes. */
  wire(send: Send): Operations;
}

/** What an operation answered, as JSON with the text that must be in it; a benchmark of refusals would be fast. */
export function textIn(answer: string, key: string): string {
  const value = (JSON.parse(answer) as Readonly<Record<string, unknown>>)[key];
  if (typeof value !== 'string' || value === '') throw new Error(`There is no ${key} in ${answer.slice(0, 200)}`);
  return value;
}
