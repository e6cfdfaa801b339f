import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test from 'ava';
import Koa from 'koa';
import { ClientGoneError } from '../../../../server/http/request-scope.ts';
import { sendEvents } from '../../../../server/http/send-events.ts';

test('events end when the connection does, also while a write waits for its callback', async (t) => {
  const ended = Promise.withResolvers<unknown>();
  const written = Promise.withResolvers<void>();
  let hasLeft = false;
  async function* events() {
    try {
      for (;;) yield { event: 'progress' };
    } finally {
      hasLeft = true;
    }
  }
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    const { res } = ctx;
    // As when a connection ends between a write and its callback.
    const write = res.write.bind(res) as (text: string) => boolean;
    res.write = ((text: string) => {
      written.resolve();
      return write(text);
    }) as typeof res.write;
    await sendEvents(ctx as unknown as Parameters<typeof sendEvents>[0], events()).then(ended.resolve, ended.resolve);
  });
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.pause();
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await written.promise;
  client.destroy();
  t.true((await ended.promise) instanceof ClientGoneError);
  t.true(hasLeft);
});
