import { createHash } from 'node:crypto';

/** Signs text for a service account. */
export interface UrlSigner {
  readonly email: string;
  /** The RSA-SHA256 signature, in base64. */
  sign(text: string): Promise<string>;
}

export interface UrlToSign {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly method: 'GET' | 'HEAD';
  readonly expiresInMs: number;
  readonly now?: Date;
}

const ALGORITHM = 'GOOG4-RSA-SHA256';
/** The most that the service accepts. */
const MAX_SECONDS = 7 * 24 * 60 * 60;

/**
 * Creates a URL with which any client may fetch an object for a limited time
 * (https://cloud.google.com/storage/docs/access-control/signed-urls, V4). @google-cloud/storage creates them for GET,
 * but not for HEAD.
 */
export async function signUrl(signer: UrlSigner, wanted: UrlToSign): Promise<URL> {
  const { endpoint, bucket, key, method, expiresInMs, now = new Date() } = wanted;
  const url = new URL(endpoint);
  url.pathname = `/${bucket}/${key.split('/').map(encode).join('/')}`;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  const seconds = Math.min(MAX_SECONDS, Math.max(1, Math.ceil(expiresInMs / 1000)));
  // In byte order, as the signature requires.
  const query = [
    ['X-Goog-Algorithm', ALGORITHM],
    ['X-Goog-Credential', `${signer.email}/${scope}`],
    ['X-Goog-Date', time],
    ['X-Goog-Expires', String(seconds)],
    ['X-Goog-SignedHeaders', 'host'],
  ]
    .map(([name = '', value = '']) => `${name}=${encode(value)}`)
    .join('&');
  const request = [method, url.pathname, query, `host:${url.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(request).digest('hex');
  const signature = await signer.sign([ALGORITHM, time, scope, hash].join('\n'));
  url.search = `?${query}&X-Goog-Signature=${Buffer.from(signature, 'base64').toString('hex')}`;
  return url;
}

/** Percent-encodes as RFC 3986 requires: encodeURIComponent leaves five more characters unescaped. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
