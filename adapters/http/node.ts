import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES } from '../../src/http/message.ts';

// What Express and Fastify have in common: Node's own request and response, by the subset used.

/** Headers as Node has them. */
export type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A stream of bytes. */
export interface NodeStream {
  readonly destroyed?: boolean | undefined;
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Node's response. */
export interface NodeResponse {
  statusCode: number;
  getHeader(name: string): unknown;
  setHeader(name: string, value: string | readonly string[]): unknown;
  end(text?: string): unknown;
}

/** Reads one header. */
export function headerIn(headers: NodeHeaders): HttpRequest['header'] {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' || value === undefined ? value : value.join(', ');
  };
}

// More than this is nobody's mistake.
const DISCARDED_BYTES = 16 * 1024 * 1024;

/**
 * Reads a body until it ends or is too large, and hands it over; `null` when the client left. What is too large is thrown away as it comes, so
 * that the answer arrives.
 */
export function readBytes(stream: NodeStream, handOver: (bytes: Uint8Array | null) => void): void {
  if (stream.destroyed === true) {
    handOver(null);
    return;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isSettled = false;
  const onData = (chunk: Uint8Array | string): void => {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    size += bytes.length;
    if (size <= MAX_BODY_BYTES) return;
    settle(joined(chunks, MAX_BODY_BYTES + 1));
    discardRest(stream);
  };
  const onEnd = (): void => settle(joined(chunks, size));
  const onGone = (): void => settle(null);
  const settle = (bytes: Uint8Array | null): void => {
    if (isSettled) return;
    isSettled = true;
    stream.removeListener('data', onData);
    stream.removeListener('end', onEnd);
    handOver(bytes);
  };
  stream.on('data', onData);
  stream.on('end', onEnd);
  // these stay, because an 'error' that nobody hears ends the process
  stream.on('error', onGone);
  stream.on('close', onGone);
  stream.resume();
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (only?.length === size) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, size - at), at);
    at += Math.min(chunk.length, size - at);
  }
  return bytes;
}

function discardRest(stream: NodeStream): void {
  let discarded = 0;
  stream.on('data', (chunk: Uint8Array) => {
    discarded += chunk.length;
    if (discarded > DISCARDED_BYTES) stream.destroy();
  });
}

/** Writes an answer; cookies are added to those that stand there already. */
export function writeResponse(response: NodeResponse, { status, headers, setCookies, body }: HttpResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (setCookies.length > 0) {
    const earlier = [response.getHeader('set-cookie') ?? []].flat().map(String);
    response.setHeader('set-cookie', [...earlier, ...setCookies]);
  }
  if (body === null) response.end();
  else response.end(body);
}

/** From a range that no machine has (RFC 5737): a setting that trusts it trusts everybody. */
export const NOBODY: string = '192.0.2.1';

const warned = new Set<string>();

/** Says once that a setting trusts everybody, so that the socket's address is taken: the leftmost one is whatever the requester wrote. */
export function warnOfOpenTrust(setting: string): void {
  if (warned.has(setting)) return;
  warned.add(setting);
  const message = `${setting} trusts every address, so X-Forwarded-For proves nothing and each requester counts as the nearest proxy. Name your proxies instead.`;
  process.emitWarning(message, { type: 'RinglatchWarning', code: 'RINGLATCH_OPEN_TRUST_PROXY' });
}
