import { type FailedRequest, TransferError, type TransferReason } from './transfer-error.ts';

const BY_CODE: Readonly<Record<string, TransferReason>> = {
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'refused',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ETIMEDOUT: 'time-out',
  UND_ERR_CONNECT_TIMEOUT: 'time-out',
  UND_ERR_HEADERS_TIMEOUT: 'time-out',
  UND_ERR_BODY_TIMEOUT: 'time-out',
  ERR_PROXY_URL: 'proxy',
  UND_ERR_PRX_TLS: 'proxy',
  UND_ERR_PRX_CONN: 'proxy',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'wrong-size',
  UND_ERR_DESTROYED: 'closed',
  UND_ERR_CLOSED: 'closed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  EPROTO: 'no-tls',
};

const EXPLANATIONS: Partial<Record<TransferReason, string>> = {
  'unknown-host': 'there is no host of this name',
  refused: 'no connection could be opened',
  'time-out': 'nothing came in time',
  cut: 'the connection broke',
  untrusted: 'the certificate is not trusted',
  'no-tls': 'the host does not speak TLS as expected',
  proxy: 'the proxy did not connect',
  closed: 'the client was closed',
};

/**
 * What the failure of a request or of the body of its answer means.
 * @param signal of the request: once it is aborted, its reason is the error
 */
export function translateError(error: unknown, request: FailedRequest, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (!(error instanceof Error) || error instanceof TransferError) return error;
  const reason = reasonOf(error);
  // A mistake of this program.
  if (reason === undefined) return error;
  const explanation = EXPLANATIONS[reason] ?? 'the answer is not HTTP';
  return new TransferError(reason, request, `${explanation}: ${error.message}`, { cause: error });
}

function reasonOf(error: Error): TransferReason | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (/^CERT_|_CERT_|_CERT$|^UNABLE_TO_/.test(code)) return 'untrusted';
  if (/^ERR_SSL_/.test(code)) return 'no-tls';
  if (/^HPE_/.test(code)) return 'malformed';
  if (/^Proxy /.test(error.message)) return 'proxy';
  return code === '' || /^ERR_(?!STREAM_)/.test(code) ? undefined : 'cut';
}
