import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TcpAddress } from '../config/index.ts';
import { ListenError, whyNotListening } from '../http/listen-error.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { EXPOSITION_TYPE } from '../metrics/exposition.ts';
import type { Problems } from './health-checks.ts';

/** What a debug server shows. */
export interface DebugPages {
  /** The checks that are failing. */
  readonly problems: () => Problems | undefined;
  /** Absent: not shown. */
  readonly metrics: Pick<Metrics, 'path' | 'text'> | undefined;
}

/**
 * Serves distribution's `/debug/health`, which answers 200 with `{}` or 503 with the failing checks, and metrics. Meant for
 * an internal network: there is no access control.
 * @throws ListenError when it cannot listen there
 */
export async function startDebugServer(
  address: TcpAddress,
  pages: DebugPages,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((request, response) => void answer(request, response, pages));
  server.listen({ ...address });
  await once(server, 'listening').catch((error: unknown) => {
    throw new ListenError(whyNotListening(error, address), { cause: error });
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      // In a worker the primary process may have closed it.
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  { problems, metrics }: DebugPages,
): Promise<void> {
  const [path] = url.split('?', 1);
  const isReading = method === 'GET' || method === 'HEAD';
  if (metrics !== undefined && path === metrics.path) {
    if (isReading) return sendMetrics(response, metrics);
    response.setHeader('Allow', 'GET, HEAD');
    return sendJson(response, 405, { error: `${metrics.path} takes GET and HEAD` });
  }
  if (path === '/debug/health' && isReading)
    return sendJson(response, problems() === undefined ? 200 : 503, problems() ?? {});
  const paths = ['/debug/health', ...(metrics === undefined ? [] : [metrics.path])];
  return sendJson(response, 404, { error: `only GET ${paths.join(' and ')} is here` });
}

async function sendMetrics(response: ServerResponse, { text }: Pick<Metrics, 'text'>): Promise<void> {
  try {
    send(response, 200, { type: EXPOSITION_TYPE, text: await text() });
  } catch (error) {
    // The channel to the primary process has closed; this process ends soon.
    sendJson(response, 503, { error: error instanceof Error ? error.message : String(error) });
  }
}

function sendJson(response: ServerResponse, status: number, body: Problems): void {
  send(response, status, { type: 'application/json; charset=utf-8', text: JSON.stringify(body) });
}

function send(response: ServerResponse, status: number, body: { readonly type: string; readonly text: string }): void {
  const bytes = Buffer.from(body.text);
  response.writeHead(status, { 'Content-Type': body.type, 'Content-Length': bytes.byteLength });
  response.end(bytes);
}
