import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

type Json = Readonly<Record<string, unknown>>;

/** What was answered. */
export interface Reply {
  readonly body: Json;
  /** What a browser would send back. */
  readonly cookie: string;
  /** The text under that key; fails where there is none. */
  readonly text: (key: string) => string;
}

/** How a visitor speaks to one starter that prints its messages. */
export interface Conversation {
  /** Objects go as JSON, forms as forms. Fails unless that status is answered. */
  readonly call: (
    route: `${'GET' | 'POST'} /${string}`,
    status: number,
    body?: Json | URLSearchParams,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Reply>;
  /** The code of the next message that is printed. */
  readonly code: () => Promise<string>;
  /** Ends the process, which must do so by itself, and starts another one over the same data. */
  readonly restart: () => Promise<void>;
}

/** Starts a starter, talks with it, and ends it. */
export async function converse(start: () => Promise<ServerProcess>, talk: (conversation: Conversation) => Promise<void>): Promise<void> {
  let server = await start();
  let read = 0;

  async function end(): Promise<void> {
    assert.equal(await server.stop(), 0, `It does not end by itself. It printed:\n${server.printed()}`);
  }

  const conversation: Conversation = {
    async call(route, status, body, headers = {}) {
      const [method, path] = route.split(' ') as [string, string];
      const isJson = body !== undefined && !(body instanceof URLSearchParams);
      const response = await fetch(server.origin + path, {
        method,
        headers: isJson ? { 'content-type': 'application/json', ...headers } : headers,
        body: isJson ? JSON.stringify(body) : (body ?? null),
      });
      const text = await response.text();
      assert.equal(response.status, status, `${route} answered ${response.status}: ${text}`);
      const answer = (text === '' ? {} : JSON.parse(text)) as Json;
      return {
        body: answer,
        cookie: response.headers
          .getSetCookie()
          .map((line) => line.split(';')[0])
          .join('; '),
        text(key) {
          const value = answer[key];
          assert.ok(typeof value === 'string', `${route} has no ${key}: ${text}`);
          return value;
        },
      };
    },

    async code() {
      for (let tries = 0; tries < 100; tries += 1) {
        const match = MESSAGE.exec(server.printed().slice(read));
        if (match !== null) {
          read += match.index + match[0].length;
          return match[1] ?? '';
        }
        await pause(50);
      }
      throw new Error(`No code arrived. The server printed:\n${server.printed()}`);
    },

    async restart() {
      await end();
      server = await start();
      read = 0;
    },
  };

  try {
    await talk(conversation);
    await end();
  } finally {
    await server.stop();
  }
}

// A whole block as `consoleSms` prints it, with the first number in its text that can be a code.
const MESSAGE = /┌ [^\n]*\n(?:│[^\n]*\n)*?│[^\n]*?(?<!\d)(\d{4,8})(?!\d)[^\n]*\n(?:│[^\n]*\n)*└/;
