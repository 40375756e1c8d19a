import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES } from '../../src/http/message.ts';

// A request's URL is absolute and normal already, so that it need not be parsed again.
const PATH_AND_QUERY = /^[^:]+:\/\/[^/?#]*([^?#]*)(\?[^#]+)?/;

/** The path of a request, and its query with its question mark. */
export function targetOf({ url }: Request): { readonly pathname: string; readonly search: string } {
  const [, pathname = '', search = ''] = PATH_AND_QUERY.exec(url) ?? [];
  return { pathname, search };
}

/** Reads one header. */
export function headerIn({ headers }: Request): HttpRequest['header'] {
  return (name) => headers.get(name) ?? undefined;
}

/** Reads a body until it ends or is too large. */
export async function bytesOf(request: Request): Promise<Uint8Array> {
  // what says that it is small is read in one piece, which hosts do faster; whether it is small is judged by its bytes
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) <= MAX_BODY_BYTES) return new Uint8Array(await request.arrayBuffer());
  const bytes = new Uint8Array(MAX_BODY_BYTES + 1);
  let size = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    const fitting = value.subarray(0, bytes.length - size);
    bytes.set(fitting, size);
    size += fitting.length;
    if (size > MAX_BODY_BYTES) {
      // settles only when every clone of the request was read or cancelled too
      void reader.cancel().catch(() => undefined);
      break;
    }
  }
  return bytes.subarray(0, size);
}

/** Makes the native answer. */
export function responseTo(request: Request, { status, headers, setCookies, body }: HttpResponse): Response {
  const content = request.method === 'HEAD' ? null : body;
  if (setCookies.length === 0) return new Response(content, { status, headers });
  const all = new Headers(headers);
  for (const cookie of setCookies) all.append('set-cookie', cookie);
  return new Response(content, { status, headers: all });
}
