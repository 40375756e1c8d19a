// What fails before a connection carries a request. Bun has words of its own.
const UNSENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'ConnectionRefused',
  'FailedToOpenSocket',
]);
// https://nodejs.org/api/tls.html#x509-certificate-error-codes
const BAD_CERTIFICATE: RegExp = /^(?!ERR_SSL)(.*_)?(CERT|CRL)(_.*)?$/;

/** Whether what a `fetch` threw says that no request left this machine. */
export function neverLeft(error: unknown): boolean {
  const { cause, code, syscall, errors } = recordOf(error);
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  if (UNSENT.has(code) || (typeof code === 'string' && BAD_CERTIFICATE.test(code))) return true;
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverLeft);
  return cause !== undefined && cause !== error && neverLeft(cause);
}

/** One word for what a `fetch` threw, which quotes nothing. */
export function wordFor(error: unknown): string {
  const { cause, code, name } = recordOf(error);
  const words = [recordOf(cause).code, code, name];
  return words.find((word): word is string => typeof word === 'string' && /^[A-Z][A-Za-z0-9_]{1,40}$/.test(word)) ?? 'network';
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
