import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ExecutionContext } from 'ava';
import { Bucket, SERVICE } from '../../../../drivers/gcs/bucket.ts';
import { HttpTransport, type TransportOptions } from '../../../../drivers/object-store/http-transport.ts';
import { Retries, type RetryOptions } from '../../../../drivers/object-store/retries.ts';

/** Answers one request. */
type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** A service of the test's own: `answerer` answers every request. */
export async function stubService(t: ExecutionContext, answerer: Answerer): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => answerer(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the service does not listen');
  return `http://127.0.0.1:${address.port}`;
}

/** A bucket of a service, with pauses that a test does not notice. */
export function bucketAt(
  t: ExecutionContext,
  endpoint: string,
  { retry, ...options }: Partial<TransportOptions> & { readonly retry?: RetryOptions } = {},
): Bucket {
  const defaults = { service: SERVICE, maxCalls: 25, userAgent: 'stowage-test', authorize: async () => ({}) };
  const transport = new HttpTransport({ ...defaults, ...options });
  t.teardown(() => transport[Symbol.dispose]());
  return new Bucket({
    endpoint,
    name: 'images',
    transport,
    retries: new Retries({ firstPauseMs: 1, ...retry }),
    partBytes: 256 * 1024,
  });
}
