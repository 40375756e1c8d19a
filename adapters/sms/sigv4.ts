/** Who signs, as AWS names it. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Comes with temporary credentials. */
  readonly sessionToken?: string | undefined;
}

/** A request to the path `/` without a query, before it is signed. */
export interface UnsignedRequest {
  readonly method: string;
  /** With the port unless it is the scheme's own. */
  readonly host: string;
  /** Without `host`. Names do not distinguish case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  readonly credentials: AwsCredentials;
  /** Epoch ms. AWS refuses what is 15 minutes off. */
  readonly now: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers, by name in lower case, with those that sign them: `x-amz-date`, `authorization` and, for temporary credentials, `x-amz-security-token`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signedHeaders(request: UnsignedRequest): Promise<Readonly<Record<string, string>>> {
  const { method, host, body, region, service, credentials, now } = request;
  const time = new Date(now).toISOString().replace(/-|:|\.\d+/g, '');
  const token = credentials.sessionToken;
  const headers = {
    ...Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
    'x-amz-date': time,
    ...(token === undefined ? {} : { 'x-amz-security-token': token }),
  };
  const lines = Object.entries({ ...headers, host })
    .map(([name, value]) => [name, value.trim().replace(/ +/g, ' ')] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  const names = lines.map(([name]) => name).join(';');
  const canonical = [method, '/', '', ...lines.map((line) => line.join(':')), '', names, await digestOf(body)].join('\n');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  let key: Uint8Array<ArrayBuffer> = bytesOf(`AWS4${credentials.secretAccessKey}`);
  for (const part of scope) key = await macOf(key, part);
  const signature = hexOf(await macOf(key, [ALGORITHM, time, scope.join('/'), await digestOf(canonical)].join('\n')));
  const credential = [credentials.accessKeyId, ...scope].join('/');
  return { ...headers, authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}` };
}

async function digestOf(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(text))));
}

async function macOf(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytesOf(text)));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
