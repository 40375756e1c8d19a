import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type RequestHandler, Router } from 'express';
import type { Inbox } from 'ringlatch/sms/inbox';

/** Makes a secret once and keeps it in a file that only this user can read. In production the secret comes from the environment. */
export function developmentSecret(file: string): string {
  refuseProduction('Set RINGLATCH_SECRET, for example to the output of `openssl rand -base64 32`.');
  try {
    writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8');
}

/** The messages that would have left, for inbox.html. They contain codes: never in production. */
export function inboxRoutes(inbox: Inbox): RequestHandler {
  refuseProduction('Replace inboxSms() by a sender that delivers, and remove inboxRoutes().');
  const routes = Router();
  routes.get('/inbox.json', (_request, response) => {
    const messages = inbox.messages().map(({ to, code, text }) => ({ to, code, text }));
    response.set('cache-control', 'no-store').json({ messages: messages.reverse() });
  });
  return routes;
}

function refuseProduction(remedy: string): void {
  if (process.env.NODE_ENV === 'production') throw new Error(`This is for development only. ${remedy}`);
}
