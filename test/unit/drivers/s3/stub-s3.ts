import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ExecutionContext } from 'ava';
import { Retries } from '../../../../drivers/object-store/retries.ts';
import { S3Options } from '../../../../drivers/s3/options.ts';
import { S3Calls } from '../../../../drivers/s3/s3-calls.ts';
import { openClient } from '../../../../drivers/s3/s3-client.ts';
import { S3Store } from '../../../../drivers/s3/s3-store.ts';
import { storeAt } from '../../../../drivers/s3/stores.ts';
import { openTransports } from '../../../../drivers/s3/transports.ts';

/** A request as the stub sees it. */
export interface StubRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the stub answers. */
export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service of the test's own, which keeps the requests. */
export async function stubS3(
  t: ExecutionContext,
  answer: (request: StubRequest, number: number) => StubAnswer | Promise<StubAnswer>,
): Promise<{ readonly url: string; readonly seen: readonly StubRequest[] }> {
  const seen: StubRequest[] = [];
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
    const { status = 200, headers: sent = {}, body = '' } = await answer(request, seen.push(request));
    const length = method === 'HEAD' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    response.writeHead(status, { ...length, ...sent }).end(method === 'HEAD' ? undefined : body);
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the service does not listen');
  return { url: `http://127.0.0.1:${address.port}`, seen };
}

/** The body of an answer that is an error. */
export function errorBody(code: string, message = 'so it is'): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

/** The bucket `images` of a service, with pauses that a test does not notice. */
export function storeOn(
  t: ExecutionContext,
  url: string,
  { idleMs, ...changes }: Readonly<Record<string, unknown>> & { readonly idleMs?: number } = {},
): S3Store {
  const place = { bucket: 'images', region: 'us-east-1', regionendpoint: url, forcepathstyle: true };
  const options = S3Options.parse({ ...place, accesskey: 'key', secretkey: 'secret', ...changes });
  const store = storeAt(options.store, url);
  const transports = openTransports({ options, traits: store, idleMs });
  t.teardown(() => transports[Symbol.dispose]());
  const client = openClient({ options, store, transports });
  const calls = new S3Calls({ client, service: store.title, retries: new Retries({ firstPauseMs: 1, maxPauseMs: 2 }) });
  return new S3Store({ calls, options, traits: store, conditionalPuts: true, idleMs: 1000 });
}
