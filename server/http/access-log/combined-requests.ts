import type { EndedRequest, WriteRequest } from './ended-request.ts';
import { referrerOf } from './referrer-of.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Records requests in Apache's combined format, a line each, as distribution writes them. */
export function combinedRequests(write: (line: string) => void): WriteRequest {
  return (ended) => write(combinedLine(ended, new Date(Date.now() - ended.durationMs)));
}

/** `host - user [time] "request" status bytes "referrer" "user agent"`. @param begunAt when the request began */
function combinedLine({ request, scope, path, remote, status, bytes }: EndedRequest, begunAt: Date): string {
  const { headers, httpVersion, method } = request;
  const quoted = [`${method} ${path} HTTP/${httpVersion}`, referrerOf(headers), headers['user-agent']].map(inQuotes);
  const [line, referrer, userAgent] = quoted;
  const who = `${word(remote)} - ${word(scope.user)}`;
  return `${who} [${apacheTime(begunAt)}] ${line} ${status} ${bytes} ${referrer} ${userAgent}\n`;
}

/** `10/Oct/2000:13:55:36 +0000`, always in UTC. */
function apacheTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
  return `${day}:${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`;
}

function inQuotes(text = ''): string {
  return `"${escaped(text).replaceAll('"', '\\"')}"`;
}

/** A field without quotation marks, which a space would end. */
function word(text = '-'): string {
  return escaped(text).replaceAll(' ', '\\x20') || '-';
}

/** What could end a line or a field, as Apache writes it. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll(
      /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
      (unit) => `\\x${(unit.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
    );
}
