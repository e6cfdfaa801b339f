import { ProxyFailure } from './proxy-failure.ts';
import { ProxyUrlError } from './proxy-of.ts';
import { type FailedRequest, TransferError, type TransferReason } from './transfer-error.ts';

/** What a code of an error of node, OpenSSL or undici means, and how it is said. */
type Meaning = readonly [reason: TransferReason, explanation: string];

const NO_ROUTE: Meaning = ['refused', 'no connection could be opened'];
const UNKNOWN_AUTHORITY: Meaning = ['untrusted', 'the certificate is not trusted: its authority is not known here'];
const CLIENT_CERTIFICATE: Meaning = ['client-certificate', 'the host wants a certificate of the client that it trusts'];
const OLD_TLS: Meaning = ['no-tls', 'the host speaks no version of TLS that this client takes'];

const BY_CODE: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: ['unknown-host', 'there is no host of this name'],
  EAI_AGAIN: ['refused', 'the name of the host could not be looked up'],
  ECONNREFUSED: ['refused', 'no connection could be opened: nothing listens there'],
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ETIMEDOUT: ['time-out', 'no connection was opened in time'],
  UND_ERR_CONNECT_TIMEOUT: ['time-out', 'no connection was opened in time'],
  UND_ERR_HEADERS_TIMEOUT: ['time-out', 'no answer came in time'],
  UND_ERR_BODY_TIMEOUT: ['time-out', 'the rest of the answer did not come in time'],
  UND_ERR_HEADERS_OVERFLOW: ['malformed', 'the headers of the answer are too large'],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ['wrong-size', 'the body that was sent has another length than announced'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['cut', 'the answer ended before its stated length'],
  UND_ERR_DESTROYED: ['closed', 'the client was closed'],
  UND_ERR_CLOSED: ['closed', 'the client was closed'],
  CERT_HAS_EXPIRED: ['untrusted', 'the certificate is not trusted: it has expired'],
  CERT_NOT_YET_VALID: ['untrusted', 'the certificate is not trusted: it is not valid yet'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted', 'the certificate is not trusted: it is signed by itself'],
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
    'the host ended the handshake of TLS; it may want a certificate of the client',
  ],
};

/**
 * What the failure of a request or of the body of its answer means.
 * @param signal of the request: once it is aborted, its reason is the error
 */
export function translateError(error: unknown, request: FailedRequest, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (!(error instanceof Error) || error instanceof TransferError) return error;
  const meaning = meaningOf(error);
  // A mistake of this program.
  if (meaning === undefined) return error;
  const [reason, explanation] = meaning;
  return new TransferError(reason, request, explanation, { cause: error });
}

/**
 * The same error of a host that has never answered: one that wants TLS, or a certificate of the client, may only break the
 * connection.
 */
export function onFirstContact(error: unknown): unknown {
  if (!(error instanceof TransferError && error.reason === 'cut')) return error;
  const wanted = error.request.url.startsWith('http:') ? 'TLS' : 'a certificate of the client';
  const explanation = `the connection broke before any answer came; the host may want ${wanted}`;
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
    return speaksTls(error) ? ['tls-only', 'the host wants TLS on this port'] : NO_HTTP;
  return code === '' || /^ERR_(?!STREAM_)/.test(code) ? undefined : ['cut', `the connection broke (${code})`];
}

const NO_HTTP: Meaning = ['malformed', 'the answer is not HTTP'];

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The reason that OpenSSL gives, without the place in its source. */
function reasonText(error: Error): string | undefined {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
}

/** Whether what came instead of HTTP is an alert of TLS (RFC 8446 section 5.1). */
function speaksTls(error: Error): boolean {
  return 'data' in error && String(error.data).charCodeAt(0) === 0x15;
}

/** Node ends its message by `Host: a. is not in the cert's altnames: DNS:b`, `Host: a. is not cert's CN: b` or the like. */
function wrongNameText(message: string): string {
  const [, host, names] =
    /(?:Host|IP): (.*?)\.? is not (?:in the )?cert's (?:altnames|list|CN): ?(.*)$/.exec(message) ?? [];
  return host === undefined ? 'it is for another host' : `it is for ${names || 'another host'}, not for ${host}`;
}
