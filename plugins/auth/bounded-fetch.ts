import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

/** Enough for thousands of keys. */
const MAX_BYTES = 1024 * 1024;

/** How a document is fetched. */
export interface BoundedFetchOptions {
  readonly headers?: Headers | undefined;
  /** Limits the time until the whole answer has arrived. */
  readonly signal?: AbortSignal | undefined;
  /** PEM certificates of the only trusted authorities; by default those of Node. */
  readonly authorities?: string | undefined;
}

/**
 * Fetches a small document with GET. Redirects are not followed: they could lead to a server that nobody has named.
 * @returns an answer with status 200 and a body of at most 1 MiB, which has arrived
 * @throws Error that says why there is none, without quoting the answer
 */
export async function fetchBounded(target: string | URL, options: BoundedFetchOptions): Promise<Response> {
  try {
    const answer = await ask(new URL(target), options);
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new Error(`the answer is ${answer.statusCode}, not 200`);
    }
    const body = await bodyOf(answer);
    return new Response(body, { headers: { 'Content-Type': answer.headers['content-type'] ?? '' } });
  } catch (error) {
    // The reason says that the time is over; the error only that the connection was closed.
    throw options.signal?.aborted === true ? options.signal.reason : error;
  }
}

function ask(url: URL, { headers, signal, authorities }: BoundedFetchOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    // Documents are fetched minutes apart, so no connection is kept.
    const options = { agent: false, ...(signal && { signal }), ...(authorities !== undefined && { ca: authorities }) };
    request(
      url,
      { ...options, headers: { ...Object.fromEntries(headers ?? []), 'accept-encoding': 'identity' } },
      resolve,
    )
      .on('error', reject)
      .end();
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
