import { ProxyFailure } from './proxy-failure.ts';
import { ProxyUrlError } from './proxy-of.ts';
import { type FailedRequest, TransferError, type TransferReason } from './transfer-error.ts';

/** The meaning of an error code of Node, OpenSSL or undici, and its explanation. */
type Meaning = readonly [reason: TransferReason, explanation: string];

const NO_ROUTE: Meaning = ['refused', 'no connection could be opened'];
const UNKNOWN_AUTHORITY: Meaning = ['untrusted', 'the certificate is not trusted: its authority is unknown'];
const CLIENT_CERTIFICATE: Meaning = ['client-certificate', 'the host requires a client certificate that it trusts'];
const OLD_TLS: Meaning = ['no-tls', 'the host speaks no TLS version that this client accepts'];

const BY_CODE: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: ['unknown-host', 'there is no host with this name'],
  EAI_AGAIN: ['refused', 'the host name could not be resolved'],
  ECONNREFUSED: ['refused', 'no connection could be opened: nothing listens on this port'],
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ETIMEDOUT: ['time-out', 'no connection was opened in time'],
  UND_ERR_CONNECT_TIMEOUT: ['time-out', 'no connection was opened in time'],
  UND_ERR_HEADERS_TIMEOUT: ['time-out', 'no answer arrived in time'],
  UND_ERR_BODY_TIMEOUT: ['time-out', 'the rest of the answer did not arrive in time'],
  UND_ERR_HEADERS_OVERFLOW: ['malformed', 'the headers of the answer are too large'],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ['wrong-size', 'the length of the sent body differs from the announced one'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['cut', 'the answer ended before its stated length'],
  UND_ERR_DESTROYED: ['closed', 'the client was closed'],
  UND_ERR_CLOSED: ['closed', 'the client was closed'],
  CERT_HAS_EXPIRED: ['untrusted', 'the certificate is not trusted: it has expired'],
  CERT_NOT_YET_VALID: ['untrusted', 'the certificate is not trusted: it is not valid yet'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted', 'the certificate is not trusted: it is self-signed'],
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: ['no-tls', 'the host does not speak TLS on this port'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['no-tls', 'the host does not speak TLS on this port'],
  ERR_SSL_UNSUPPORTED_PROTOCOL: OLD_TLS,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: OLD_TLS,
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': [
    'client-certificate',
    'the host aborted the TLS handshake; it may require a client certificate',
  ],
};

/**
 * Translates the failure of a request, or of reading the body of its answer.
 * @param signal of the request: once it is aborted, the result is its reason
 */
export function translateError(error: unknown, request: FailedRequest, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (!(error instanceof Error) || error instanceof TransferError) return error;
  const meaning = meaningOf(error);
  // An error in this program.
  if (meaning === undefined) return error;
  const [reason, explanation] = meaning;
  return new TransferError(reason, request, explanation, { cause: error });
}

/**
 * The same error for a host that has never answered: a host that requires TLS or a client certificate may simply break
 * the connection.
 */
export function onFirstContact(error: unknown): unknown {
  if (!(error instanceof TransferError && error.reason === 'cut')) return error;
  const wanted = error.request.url.startsWith('http:') ? 'TLS' : 'a client certificate';
  const explanation = `the connection broke before any answer arrived; the host may require ${wanted}`;
  return new TransferError('cut', error.request, explanation, { cause: error.cause });
}

function meaningOf(error: Error): Meaning | undefined {
  if (error instanceof ProxyFailure || error instanceof ProxyUrlError) return ['proxy', error.message];
  const code = codeOf(error);
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return ['untrusted', `the certificate is not trusted: ${wrongNameText(error.message)}`];
  }
  if (/_ALERT_(?:.*_)?(?:CERTIFICATE|CERT|UNKNOWN_CA)/.test(code)) return CLIENT_CERTIFICATE;
  if (/^CERT_|_CERT_|_CERT$|^UNABLE_TO_|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH/.test(code))
    return ['untrusted', `the certificate is not trusted (${code})`];
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return ['no-tls', `TLS with the host failed (${reasonText(error) ?? code})`];
  if (/^HPE_/.test(code) || error.name === 'HTTPParserError')
    return speaksTls(error) ? ['tls-only', 'the host requires TLS on this port'] : NO_HTTP;
  return code === '' || /^ERR_(?!STREAM_)/.test(code) ? undefined : ['cut', `the connection broke (${code})`];
}

const NO_HTTP: Meaning = ['malformed', 'the answer is not HTTP'];

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** OpenSSL's reason, without its source location. */
function reasonText(error: Error): string | undefined {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
}

/** Whether the host answered HTTP with a TLS alert (RFC 8446 section 5.1). */
function speaksTls(error: Error): boolean {
  return 'data' in error && String(error.data).charCodeAt(0) === 0x15;
}

/**
 * Node ends its message with `Host: a. is not in the cert's altnames: DNS:b`, `Host: a. is not cert's CN: b` or the
 * like.
 */
function wrongNameText(message: string): string {
  const [, host, names] =
    /(?:Host|IP): (.*?)\.? is not (?:in the )?cert's (?:altnames|list|CN): ?(.*)$/.exec(message) ?? [];
  return host === undefined ? 'it is for another host' : `it is for ${names || 'another host'}, not for ${host}`;
}
