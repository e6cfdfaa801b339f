import test, { type ExecutionContext } from 'ava';
import { ask } from '../../helpers/http/http-request.ts';
import { RawConnection } from '../../helpers/http/raw-connection.ts';
import { until } from '../../helpers/running/until.ts';
import { closeAll, onlyStatusOf, openConnections, sendAndReadNothing, trickle } from './abusers.ts';
import { GoodClient } from './good-client.ts';
import { SMUGGLING } from './smuggling.ts';
import { Target, type TargetOptions } from './target.ts';

const MIB = 1024 * 1024;
const MANIFEST_BYTES = 4 * MIB;
const HOST = 'Host: registry\r\n';

interface Scene {
  readonly target: Target;
  readonly good: GoodClient;
  /** The memory of the server before anything happened. */
  readonly idleBytes: number;
}

async function begin(t: ExecutionContext, options: TargetOptions): Promise<Scene> {
  const target = await Target.start(t, options);
  const good = await GoodClient.start(t, target);
  return { target, good, idleBytes: await target.memory() };
}

for (const workers of [1, 2]) {
  const withThem = workers === 1 ? 'with one worker' : `with ${workers} workers`;

  test(`${withThem}, twenty connections that send 4000 requests each and read nothing do not delay other clients`, async (t) => {
    const { target, good, idleBytes } = await begin(t, { workers });
    const requests = Buffer.from(`GET /v2/app/manifests/v1 HTTP/1.1\r\n${HOST}\r\n`.repeat(4_000));
    const sockets = await openConnections(t, target, 20);
    await good.isServedDuring(t, () => sendAndReadNothing(sockets, requests));
    closeAll(sockets);
    await good.isServedDuring(t, async () => undefined);
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, bodies that stop in the middle take bounded memory, and are ended`, async (t) => {
    const { target, good, idleBytes } = await begin(t, { workers });
    const sockets = await openConnections(t, target, 200);
    const head = Buffer.from(`PUT /v2/app/manifests/x HTTP/1.1\r\n${HOST}Content-Length: ${MANIFEST_BYTES}\r\n\r\n`);
    const body = Buffer.alloc(MANIFEST_BYTES - 4_096, ' ');
    let maxBytes = 0;
    await good.isServedDuring(t, async () => {
      for (const socket of sockets) {
        socket.write(head);
        socket.resume().write(body);
      }
      const over = trickle(sockets, ' ', 45_000).then(() => true);
      while (!(await Promise.race([over, new Promise((resolve) => setTimeout(() => resolve(false), 100))]))) {
        maxBytes = Math.max(maxBytes, await target.memory());
      }
    });
    t.true(
      sockets.every((socket) => socket.destroyed),
      'some are still open',
    );
    t.log(`memory: at most ${Math.round(maxBytes / MIB)} MiB`);
    // The budget of each worker, bytes in transit, and memory that is not collected yet: without a budget the sum is
    // 800 MiB.
    t.true(maxBytes < idleBytes + workers * 256 * MIB);
    await good.pushImage('afterwards');
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, 5000 idle connections do not delay other clients`, async (t) => {
    const { target, good, idleBytes } = await begin(t, { workers });
    await good.isServedDuring(t, async () => closeAll(await openConnections(t, target, 5_000)));
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, heads that arrive byte by byte do not delay other clients, and are ended`, async (t) => {
    const { target, good, idleBytes } = await begin(t, { workers, http: { timeouts: { headers: '3s' } } });
    const sockets = await openConnections(t, target, 500);
    for (const socket of sockets) socket.resume().write(`GET /v2/ HTTP/1.1\r\n${HOST}X: `);
    await good.isServedDuring(t, () => trickle(sockets, 'x', 30_000));
    t.true(sockets.every((socket) => socket.destroyed));
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, huge heads do not delay other clients`, async (t) => {
    const { target, good, idleBytes } = await begin(t, { workers });
    const heads = ['x'.repeat(60_000), 'x'.repeat(70_000)].map((text) => `X: ${text}\r\n`);
    const lines = ['a:\r\n'.repeat(16_000), 'Cookie: a\r\n'.repeat(5_000), 'Host: x\r\n'.repeat(5_000)];
    await good.isServedDuring(t, async () => {
      for (let round = 0; round < 30; round += 1) {
        for (const head of [...heads, ...lines]) {
          const status = await onlyStatusOf(t, target, `GET /v2/ HTTP/1.1\r\n${HOST}Connection: close\r\n${head}\r\n`);
          t.true([200, 400, 431].includes(status), String(status));
        }
      }
    });
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, requests that proxies could read differently are refused`, async (t) => {
    const { target, good } = await begin(t, { workers });
    await good.isServedDuring(t, async () => {
      for (const [what, bytes] of SMUGGLING) t.is(await onlyStatusOf(t, target, bytes), 400, what);
    });
  });

  test(`${withThem}, a hostile query does not delay other clients`, async (t) => {
    const { target, good, idleBytes } = await begin(t, { workers });
    const queries = ['a&', '&', '=&', 'n=1&', '%41&', '+'].map((part) => part.repeat(Math.floor(60_000 / part.length)));
    await good.isServedDuring(t, async () => {
      for (const query of queries) {
        for (const path of ['/v2/app/tags/list', '/v2/_catalog', '/v2/app/manifests/v1', '/v2/']) {
          const { status } = await ask(target, 'GET', `${path}?${query}`);
          t.true(status < 500, `${path} ${status}`);
        }
      }
    });
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, hostile credentials do not delay other clients`, async (t) => {
    const auth = { htpasswd: { realm: 'r', path: 'users' } };
    const { target, good, idleBytes } = await begin(t, { workers });
    const closed = await Target.start(t, { workers, auth });
    const many = ' '.repeat(60_000);
    const values = [
      `Basic${many}`,
      `Basic ${many}x`,
      `Bearer${many}`,
      'Basic '.repeat(10_000),
      `${'='.repeat(60_000)}`,
      `Basic ${'A'.repeat(60_000)}`,
    ];
    for (const hostile of [target, closed]) {
      await good.isServedDuring(t, async () => {
        for (const value of values) {
          const startedAt = performance.now();
          const { status } = await ask(hostile, 'GET', '/v2/', { headers: { Authorization: value } });
          t.true(status < 500);
          t.true(performance.now() - startedAt < 1_000, value.slice(0, 20));
        }
      });
    }
    await target.memoryReturns(t, idleBytes);
  });

  test(`${withThem}, at the limit of file handles idle connections are closed, and everything is read`, async (t) => {
    const { target, good } = await begin(t, { workers, maxFiles: 256 });
    await good.isServedDuring(t, async () => {
      await openConnections(t, target, 1_000);
      // Connections are accepted in order: when this one is served, none of them is waiting any more.
      await until('all are accepted', () => ask(target, 'GET', '/v2/').catch(() => undefined));
      for (let count = 0; count < 50; count += 1) {
        const answers = await Promise.all(
          ['/v2/', '/v2/app/manifests/v1', '/readyz'].map((path) => ask(target, 'GET', path)),
        );
        for (const { status, text } of answers) t.is(status, 200, text);
      }
    });
  });

  test(`${withThem}, /readyz reports that all connections for which there are file handles are busy`, async (t) => {
    const { target } = await begin(t, { workers, maxFiles: 256 });
    const watching = await RawConnection.open(t, target);
    await until('it is not ready', async () => {
      const sockets = await openConnections(t, target, 50);
      const begun = sockets.map((socket) =>
        socket.write(`PUT /v2/app/manifests/x HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`),
      );
      t.is(begun.length, 50);
      if (watching.socket.destroyed) return true;
      watching.sendHead('GET /readyz HTTP/1.1');
      return /HTTP\/1\.1 503 [^]*"connections":"[^"]*raise the limit/.test(watching.received);
    });
  });
}
