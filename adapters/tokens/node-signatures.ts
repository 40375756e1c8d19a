// HS256 by the crypto and the Buffer of Node, in this thread; other runtimes leave it to jose.
import { type NodeCrypto, nodeCrypto } from '../../src/node-crypto.ts';
import { runtimeHmac } from '../../src/runtime-hmac.ts';
import { misuse } from './jose-options.ts';
import { type Expected, isInShape, KID_CONTENT, type Payload, REQUIRED, type Signatures, TOLERANCE_SECONDS } from './signatures.ts';

/** Signs a text: base64url. */
type Mac = (text: string) => string;

/** {@link Signatures} that take and give the very tokens that jose would; `null` where the runtime is not Node, nor enough like it. */
export function nodeSignatures(secrets: readonly Uint8Array[]): Signatures | null {
  const node = nodeCrypto();
  if (node === null || !isRight(node)) return null;
  const macs = new Map(secrets.map((secret) => named(macOf(secret))));
  if (macs.size < secrets.length) throw misuse('secret', 'must not hold two of the same kid');
  const [signerId, signer] = [...macs][0] as [string, Mac];
  const headers = new Map<string, string>();

  /** The header of our own tokens of a type, as it stands in them. */
  function headerOf(typ: string): string {
    const header = headers.get(typ) ?? base64Url(JSON.stringify({ alg: 'HS256', typ, kid: signerId }));
    headers.set(typ, header);
    return header;
  }

  return {
    sign(typ, payload) {
      const input = `${headerOf(typ)}.${base64Url(JSON.stringify(payload))}`;
      return `${input}.${signer(input)}`;
    },

    open(typ, token, expected) {
      if (!isInShape(token)) return null;
      const [header, content, signature] = token.split('.') as [string, string, string];
      const mac = header === headerOf(typ) ? signer : macs.get(keyIdIn(header, typ));
      if (mac === undefined || !isEqual(mac(`${header}.${content}`), signature)) return null;
      const payload = recordIn(content);
      return payload !== null && isInForce(payload, expected) ? payload : null;
    },

    digest: (text) => Buffer.from(node.hash('sha256', text, 'latin1'), 'latin1'),
  };
}

// A header has these three members and no other, so that `crit`, `jku`, `x5u`, `jwk` and what comes later are never read.
function keyIdIn(segment: string, typ: string): string {
  const header = recordIn(segment);
  const isOurs = header !== null && Object.keys(header).length === 3 && header.alg === 'HS256' && header.typ === typ;
  return isOurs && typeof header.kid === 'string' ? header.kid : '';
}

/** As jose judges it: RFC 7519, section 4.1, with issuer and audience as single texts. */
function isInForce(payload: Payload, { issuer, audience, now }: Expected): boolean {
  const { iss, aud, iat, exp, nbf } = payload;
  if (iss !== issuer || aud !== audience || !REQUIRED.every((claim) => Object.hasOwn(payload, claim))) return false;
  if (typeof iat !== 'number' || typeof exp !== 'number' || (nbf !== undefined && typeof nbf !== 'number')) return false;
  const seconds = Math.floor(new Date(now).getTime() / 1000);
  return exp > seconds - TOLERANCE_SECONDS && (nbf === undefined || nbf <= seconds + TOLERANCE_SECONDS);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON object that a segment spells; `null` for anything else, and for another spelling of one. */
function recordIn(segment: string): Payload | null {
  const bytes = Buffer.from(segment, 'base64url');
  if (bytes.toString('base64url') !== segment) return null;
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : null;
  } catch {
    return null;
  }
}

function base64Url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function macOf(secret: Uint8Array): Mac {
  const mac = runtimeHmac()(secret);
  return (text) => Buffer.from(mac(Buffer.from(text))).toString('base64url');
}

function named(mac: Mac): readonly [kid: string, mac: Mac] {
  return [Buffer.from(mac(KID_CONTENT), 'base64url').toString('base64url', 0, 8), mac];
}

// Takes equally long wherever two texts of one length differ.
function isEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

// RFC 7515, A.1
const KNOWN_KEY = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
const KNOWN_INPUT =
  'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const KNOWN_SIGNATURE = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

// What only resembles Node may lack a part of it, or mean something else by it.
function isRight(node: NodeCrypto): boolean {
  try {
    const digest = node.hash('sha256', 'abc', 'latin1');
    return (
      macOf(Buffer.from(KNOWN_KEY, 'base64url'))(KNOWN_INPUT) === KNOWN_SIGNATURE &&
      Buffer.from(digest, 'latin1').toString('base64url') === 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'
    );
  } catch {
    return false;
  }
}
