/** The head of an HTTP/1.1 answer, in the form that undici uses. */
export interface AnswerHead {
  readonly statusCode: number;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Status line and headers, without the empty line that ends them (RFC 9112, 4 and 5). */
export function parseAnswerHead(text: string): AnswerHead | undefined {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return undefined;
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon <= 0 || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return undefined;
    const value = line.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return { statusCode: Number(status), headers };
}

/** The length of the body; `undefined` unless the head states it unambiguously. */
export function bodyLength({ headers }: AnswerHead): number | undefined {
  const length = headers['content-length'];
  const isPlain = headers['transfer-encoding'] === undefined && typeof length === 'string' && /^\d{1,15}$/.test(length);
  return isPlain ? Number(length) : undefined;
}
