import express, { type Request, type RequestHandler } from 'express';
import { refusal } from './answers.ts';

const LIMITS = { limit: '16kb' };

/** Reads JSON and forms of at most 16 KB into `request.body`; without a body it is `{}`. */
export const readBody: RequestHandler[] = [
  (request, _response, next) => {
    const isOther = request.is(['json', 'urlencoded']) === false && request.headers['content-length'] !== '0';
    if (isOther) throw unsupported(request);
    next();
  },
  express.json({ ...LIMITS, strict: false }),
  express.urlencoded({ ...LIMITS, extended: false }),
  (request, _response, next) => {
    request.body = request.body === undefined ? {} : request.body;
    next();
  },
];

/** What is answered to any other method of a route. */
export function refuseOtherMethods(allowed: string): RequestHandler {
  return ({ method }) => {
    throw refusal(405, { detail: `Method "${method}" not allowed.` }, { allow: allowed });
  };
}

function unsupported({ headers }: Request): Error {
  return refusal(415, { detail: `Unsupported media type "${headers['content-type'] ?? ''}" in request.` });
}
