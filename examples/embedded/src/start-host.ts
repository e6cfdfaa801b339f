import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { createRegistry } from 'stowage';

/** The application, and the registry in it. */
export interface Host extends AsyncDisposable {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** Starts a web application that serves a registry below `/v2/`, and its own pages elsewhere. */
export async function startHost(storageFolder: string, port: number): Promise<Host> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(
    await createRegistry({
      configuration: {
        log: { level: 'error', accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: storageFolder }, delete: { enabled: true } },
      },
    }),
  );
  const app = new Koa();
  // Before everything that reads bodies, such as a body parser.
  app.use(registry.middleware);
  app.use((ctx) => {
    ctx.body = `Images are pushed to ${ctx.host}\n`;
  });
  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // By default Node ends a request, such as a long upload, after five minutes.
  server.requestTimeout = 0;
  // The server closes first, so that no request reaches a registry that has ended.
  stack.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await closed;
  });
  const { port: chosen } = server.address() as AddressInfo;
  const resources = stack.move();
  return { url: `http://127.0.0.1:${chosen}`, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
