import assert from 'node:assert/strict';
import type { PhoneAuth } from '../../src/create-phone-auth.ts';
import type { GuardOptions } from '../../src/http/guard.ts';
import type { RoutesOptions } from '../../src/http/options.ts';
import { createTestAuth, type TestAuth, type TestAuthOverrides } from '../kit/index.ts';
import type { ConformanceCase } from './case.ts';

/** What a host is opened with. */
export interface HttpHostSetup {
  readonly auth: PhoneAuth;
  /** Options of the routes, which stand under `/auth`. */
  readonly options: RoutesOptions | undefined;
  /** Options of the guard, behind which `/guarded` answers GET and POST with the claims as JSON, or `null` without any. */
  readonly guard: GuardOptions | undefined;
}

/** A host that runs. */
export interface HttpHost {
  /** Where it listens; requests are made for this origin. @default 'http://127.0.0.1' */
  readonly origin?: string | undefined;
  /** Gives it a request: the global `fetch`, or the handler of a host without a socket. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Called when the case is over. */
  readonly close?: (() => void | Promise<void>) | undefined;
}

/** Opens a host around an auth object, for one case. */
export type OpenHttpHost = (setup: HttpHostSetup) => HttpHost | Promise<HttpHost>;

/** One request. */
export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array | undefined;
}

/** What came back. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body where it is JSON, else nothing. */
  readonly json: Readonly<Record<string, unknown>>;
}

type Profile = Readonly<Record<string, unknown>>;
type HeaderTexts = Readonly<Record<string, string>>;

/** What a case has in hand. */
export interface HttpWorld extends Omit<TestAuth<Profile>, 'signIn'> {
  readonly call: (call: HttpCall) => Promise<HttpReply>;
  readonly get: (path: string, headers?: HeaderTexts) => Promise<HttpReply>;
  readonly post: (path: string, json: unknown, headers?: HeaderTexts) => Promise<HttpReply>;
  /** Requests a code over HTTP; gives its handle and the code that the SMS had. */
  readonly code: (phoneNumber: string, wish?: object, headers?: HeaderTexts) => Promise<{ challengeId: unknown; code: string | null }>;
  /** Signs in over HTTP, by default a new user. */
  readonly signIn: (phoneNumber?: string) => Promise<HttpReply>;
}

/** One case, before it knows its host. */
export interface HttpCase {
  readonly id: string;
  readonly name: string;
  readonly config?: TestAuthOverrides<Profile> | undefined;
  readonly options?: RoutesOptions | undefined;
  readonly guard?: GuardOptions | undefined;
  readonly body: (world: HttpWorld) => Promise<void>;
}

/** Opens the host for the case, with an auth object at a whole second, as tokens know no other. */
export function overHost(open: OpenHttpHost, { id, name, config, options, guard, body }: HttpCase): ConformanceCase {
  return {
    id,
    name,
    async run() {
      const made = createTestAuth<Profile>(config);
      made.clock.advance((1000 - (made.clock.now() % 1000)) / 1000);
      const host = await open({ auth: made.auth, options, guard });
      try {
        await body(worldOf(made, host));
      } finally {
        await host.close?.();
      }
    },
  };
}

function worldOf(made: TestAuth<Profile>, host: HttpHost): HttpWorld {
  const call = async (one: HttpCall): Promise<HttpReply> => replyOf(await host.fetch(requestOf(one, host.origin ?? 'http://127.0.0.1')));
  const get: HttpWorld['get'] = (path, headers) => call({ method: 'GET', path, headers });
  const post: HttpWorld['post'] = (path, json, headers) => call({ method: 'POST', path, json, headers });
  const code: HttpWorld['code'] = async (phoneNumber, wish = {}, headers = {}) => {
    const { json } = await post('/auth/codes', { phoneNumber, ...wish }, headers);
    // Where waiting would tell whether the number is known, the SMS leaves after the answer.
    await made.auth.drain();
    return { challengeId: json.challengeId, code: made.inbox.lastCode(phoneNumber) };
  };
  const signIn: HttpWorld['signIn'] = async (phoneNumber = made.nextPhoneNumber()) => post('/auth/sign-in/code', await code(phoneNumber));
  return { ...made, call, get, post, code, signIn };
}

/** The request that a call stands for. */
export function requestOf({ method, path, headers, json, body }: HttpCall, origin: string): Request {
  const given = json === undefined ? body : JSON.stringify(json);
  return new Request(new URL(path, origin), {
    method,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(given !== undefined && { body: given as string }),
  });
}

/** Reads an answer. */
export async function replyOf(response: Response): Promise<HttpReply> {
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, text, json: /json/.test(headers.get('content-type') ?? '') ? { ...JSON.parse(text || '{}') } : {} };
}

/** The header that shows the access token of an answer. */
export function bearer({ json }: HttpReply): { readonly authorization: string } {
  return { authorization: `Bearer ${json.accessToken}` };
}

/** The cookies of an answer, as a browser would send them back. */
export function cookiesOf({ headers }: HttpReply): { readonly cookie: string } {
  const pairs = headers.getSetCookie().map((line) => line.split(';')[0]);
  return { cookie: pairs.join('; ') };
}

/** Refused with that status and error code. */
export function assertRefused(reply: HttpReply, status: number, code: string, note?: string): void {
  assert.deepEqual([reply.status, reply.json.code], [status, code], note);
}

/** Answered with that status. */
export function assertStatus(reply: HttpReply, status: number, note: string = reply.text): void {
  assert.equal(reply.status, status, note);
}

/** Has these members, whatever else it has. */
export function assertHolds(actual: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, unknown>>): void {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, actual[key]])), expected);
}

/** Has exactly these members; those that are `String` may be any text. */
export function assertIs(actual: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, unknown>>): void {
  const anyText = Object.entries(expected).flatMap(([key, value]) =>
    value === String && typeof actual[key] === 'string' ? [[key, String] as const] : [],
  );
  assert.deepEqual({ ...actual, ...Object.fromEntries(anyText) }, expected);
}

/** The paths of the issues of an answer. */
export function issuesOf({ json }: HttpReply): readonly unknown[] {
  return Array.isArray(json.issues) ? json.issues.map((issue: { readonly path: unknown }) => issue.path) : [];
}
