import type { BodySample, Exchange } from '../bench/exchange.ts';

const MAX_PATH = 160;

/** A request and its answer as sent over the connection, as far as they were kept. */
export function exchangeText(exchange: Exchange): string {
  const { method, url, requestHeaders, requestBody, status, headers, body, failure } = exchange;
  const answer = status === undefined ? [] : [`HTTP ${status}`, ...headerLines(headers), ...bodyLines(body)];
  return [
    `${method} ${url}`,
    ...headerLines(requestHeaders),
    ...bodyLines(requestBody),
    '',
    ...answer,
    ...(failure === undefined ? [] : [`(no answer: ${failure})`]),
  ].join('\n');
}

/** The request in one line: method and path; the query can be longer than a screen. */
export function requestLine({ method, url }: Exchange): string {
  const { pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  return `${method} ${path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path}`;
}

function headerLines(headers: Readonly<Record<string, string | readonly string[]>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`));
}

function bodyLines(body: BodySample | undefined): readonly string[] {
  if (body === undefined || body.size === 0) return [];
  const { size, text, base64 } = body;
  const shown = text ?? base64;
  const what = text === undefined ? `${size} bytes, in base64` : `${size} bytes`;
  return ['', ...(shown === undefined ? [] : [shown]), `(${what})`];
}
