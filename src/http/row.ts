import type { Client } from '../context.ts';
import type { Answer, Purpose } from '../create-phone-auth.ts';
import type { UserRecord } from '../ports/user-store.ts';
import type { Reply } from './answer.ts';
import type { HttpRequest } from './message.ts';
import type { RouteName } from './options.ts';
import type { RequestReader } from './request-reader.ts';
import { type AnswerBody, answerIn } from './schemas.ts';

/** One row of the table of routes, before it has a host. */
export interface Row<User extends UserRecord> {
  readonly name: RouteName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Relative to the mount; a named segment begins with a colon. */
  readonly path: string;
  /** Signs in or out, so that with cookies the request must come from a page of ours. */
  readonly writesCookies?: boolean;
  /** Its body is not of this API: a provider's, in whatever type it likes. */
  readonly takesForeignBody?: boolean;
  readonly run: (request: HttpRequest, reader: RequestReader) => Promise<Reply<User>>;
}

/** A code or a proof as the core takes it, bound as the host says. */
export async function redeemed(
  reader: RequestReader,
  request: HttpRequest,
  body: AnswerBody,
  forPurpose: Purpose | null,
  userId?: string,
): Promise<Answer & { readonly client: Client }> {
  const { reference } = await reader.boundTo(request, body.purpose ?? forPurpose, userId);
  return { ...answerIn<Answer>(body), reference, client: reader.client(request, body.deviceToken) };
}
