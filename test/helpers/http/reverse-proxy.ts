import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

/** What operators get wrong. */
export interface ProxyMistakes {
  /** Whether it does not say that clients use TLS. */
  readonly hidesScheme?: boolean;
  /** Whether the registry sees its own address in `Host`. */
  readonly changesHost?: boolean;
  /** In bytes, like client_max_body_size. */
  readonly maxBodyBytes?: number;
  /** Whether it asks the registry only when a whole body has arrived. */
  readonly collectsBodies?: boolean;
  /** Whether a body needs a length. */
  readonly needsLength?: boolean;
  /** Headers of answers that are not passed on. */
  readonly dropped?: readonly string[];
  /** What is put before each path. */
  readonly prefix?: string;
}

/** A proxy in front of a registry, stopped with the test. @returns its origin */
export async function reverseProxy(
  t: ExecutionContext,
  registry: string,
  {
    tls,
    mistakes = {},
  }: { readonly tls?: { readonly cert: string; readonly key: string }; readonly mistakes?: ProxyMistakes },
): Promise<string> {
  const pass = (asked: IncomingMessage, answer: ServerResponse): void => {
    void forward({ asked, answer }, { registry, mistakes, scheme: tls === undefined ? 'http' : 'https' });
  };
  const server = tls === undefined ? createServer(pass) : createTlsServer(tls, pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
}

async function forward(
  { asked, answer }: { readonly asked: IncomingMessage; readonly answer: ServerResponse },
  {
    registry,
    mistakes,
    scheme,
  }: { readonly registry: string; readonly mistakes: ProxyMistakes; readonly scheme: string },
): Promise<void> {
  const { method, headers, url = '/' } = asked;
  const length = headers['content-length'];
  const refuse = (status: number): void => void answer.writeHead(status, { connection: 'close' }).end();
  if (mistakes.needsLength === true && headers['transfer-encoding'] !== undefined) return refuse(411);
  if (Number(length ?? 0) > (mistakes.maxBodyBytes ?? Number.POSITIVE_INFINITY)) return refuse(413);
  const { host, ...others } = headers;
  const target = new URL(`${mistakes.prefix ?? ''}${url}`, registry);
  const passedOn = {
    ...others,
    host: mistakes.changesHost === true ? target.host : host,
    ...(mistakes.hidesScheme !== true && { 'x-forwarded-proto': scheme }),
  };
  const body: Buffer[] = [];
  if (mistakes.collectsBodies === true) for await (const chunk of asked as AsyncIterable<Buffer>) body.push(chunk);
  const passed = request(target, { method, headers: passedOn, agent: false }, (response) => {
    const kept = Object.entries(response.headers).filter(([name]) => mistakes.dropped?.includes(name) !== true);
    answer.writeHead(response.statusCode ?? 502, { ...Object.fromEntries(kept), server: 'nginx/1.22.1' });
    response.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  if (mistakes.collectsBodies === true) passed.end(Buffer.concat(body));
  else asked.pipe(passed);
}
