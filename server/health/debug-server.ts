import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { TcpAddress } from '../config/index.ts';
import type { Problems } from './health-checks.ts';

/**
 * Serves distribution's `/debug/health`: 200 with `{}`, or 503 with what fails. Meant for a network of operators: there
 * is no access control.
 * @param problems the checks that fail now
 * @throws when it cannot listen there
 */
export async function startDebugServer(
  address: TcpAddress,
  problems: () => Problems | undefined,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(({ method, url = '/' }, response) => {
    const isHealth = url.split('?', 1)[0] === '/debug/health' && (method === 'GET' || method === 'HEAD');
    if (!isHealth) answer(response, 404, { error: 'only GET /debug/health is here' });
    else answer(response, problems() === undefined ? 200 : 503, problems() ?? {});
  });
  server.listen({ ...address });
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      // In a worker, the primary process may have closed it.
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, body: Problems): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': bytes.byteLength });
  response.end(bytes);
}
