import type { IncomingMessage } from 'node:http';
import type { ObjectContent } from './object-store.ts';

/** What the headers of a service say about the content in an answer. */
export interface ContentFacts extends Pick<ObjectContent, 'version' | 'crc32c'> {
  /** A silent connection counts as lost after this time, in milliseconds. */
  readonly idleMs: number;
}

/**
 * The content in an answer to a GET of HTTP, whole (200) or a part (206).
 * @throws Error when its length is unknown; the answer is then destroyed
 */
export function httpContent(response: IncomingMessage, { version, crc32c, idleMs }: ContentFacts): ObjectContent {
  const { headers, statusCode } = response;
  const [, start, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  const length = Number(headers['content-length'] ?? NaN);
  const isPart = statusCode === 206 && size !== undefined;
  if (!isPart && Number.isNaN(length)) {
    response.destroy();
    throw new Error(`an answer of ${statusCode} has content of unknown length`);
  }
  return {
    version,
    contentType: headers['content-type'] ?? '',
    ...(isPart
      ? { start: Number(start), end: Number(last) + 1, size: Number(size) }
      : { start: 0, end: length, size: length }),
    crc32c,
    body: response,
    expectBytes: (isExpected) => {
      // A complete answer has released its connection.
      if (!response.complete) response.socket.setTimeout(isExpected ? idleMs : 0);
    },
  };
}
