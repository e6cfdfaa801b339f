/** The most bytes of a body that are kept for a report. */
export const MAX_SAMPLE_BYTES = 4096;

/** The beginning of a body. */
export interface BodySample {
  /** The number of bytes that were read. */
  readonly size: number;
  /** The sample as text, if it is text. */
  readonly text?: string;
  /** Otherwise the sample in base64. */
  readonly base64?: string;
}

/** A request and its answer, without secrets. */
export interface Exchange {
  readonly method: string;
  /** The requested URL. */
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: BodySample | undefined;
  /** `undefined` when there was no answer; `failure` then says why. */
  readonly status: number | undefined;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: BodySample | undefined;
  readonly failure: string | undefined;
  readonly durationMs: number;
}

const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);
/** Matches the parameters of signed storage URLs and of tokens. */
const SECRET_PARAMETER =
  /^(?:.*(?:signature|token|credential|secret|password).*|sig|access_?key_?id|key-pair-id|policy)$/i;
const MASK = '***';

/** The beginning of a body, as text if it is text. */
export function sampleOf(body: Uint8Array, size: number = body.byteLength): BodySample {
  const start = Buffer.from(body.subarray(0, MAX_SAMPLE_BYTES));
  const text = start.toString('utf8');
  // The last character can be truncated.
  const isText = !/[\p{Cc}\u{FFFD}]/u.test(text.replaceAll(/[\t\n\r]/g, '').replace(/\u{FFFD}$/u, ''));
  return isText ? { size, text: maskSecrets(text) } : { size, base64: start.toString('base64') };
}

/** Headers without credentials. */
export function maskHeaders<Value extends string | readonly string[]>(
  headers: Readonly<Record<string, Value | undefined>>,
): Record<string, Value | string> {
  const masked: Record<string, Value | string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (SECRET_HEADERS.has(name.toLowerCase())) masked[name] = MASK;
    else if (typeof value === 'string' && /^(?:location|link)$/i.test(name)) masked[name] = maskUrls(value);
    else masked[name] = value;
  }
  return masked;
}

/** A URL without user, password, and parameters that are signatures or tokens. */
export function maskUrl(url: URL): string {
  const masked = new URL(url);
  if (masked.username !== '' || masked.password !== '') masked.username = masked.password = '';
  for (const name of new Set(masked.searchParams.keys()))
    if (SECRET_PARAMETER.test(name)) masked.searchParams.set(name, MASK);
  return masked.searchParams.size === url.searchParams.size && !masked.search.includes(MASK)
    ? `${masked.origin}${masked.pathname}${url.search}`
    : masked.href;
}

/** Masks the values of parameters that are signatures or tokens in texts such as headers. */
function maskUrls(text: string): string {
  return text.replaceAll(/([?&])([\w.-]+)=([^&\s<>"]+)/g, (whole, mark: string, name: string) =>
    SECRET_PARAMETER.test(name) ? `${mark}${name}=${MASK}` : whole,
  );
}

/** Masks the values of members that are tokens in JSON. */
function maskSecrets(text: string): string {
  return text.replaceAll(/("(?:access_|refresh_|id_)?token"\s*:\s*")[^"]*/g, `$1${MASK}`);
}
