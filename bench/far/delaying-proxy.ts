import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A proxy in front of a service. */
export interface DelayingProxy extends AsyncDisposable {
  readonly url: string;
}

/** Forwards every request to the service at `upstream` with a delay of `delayMs`. */
export async function startDelayingProxy(upstream: string, delayMs: number): Promise<DelayingProxy> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(upstream);
  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    await delay(delayMs);
    const { method, url, headers } = incoming;
    // The Host header of the client is kept, so that the URLs of upload sessions lead through the proxy.
    const call = request({ agent, hostname, port, method, path: url, headers });
    incoming.pipe(call);
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  };
  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
