import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { digestOf, withQuery } from '../../../helpers/http/with-registry.ts';
import { type RunningWorkers, withWorkers } from '../../../helpers/http/with-workers.ts';
import { Balancer } from '../../../helpers/processes/balancer.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';
import { atLength } from '../../../helpers/running/length.ts';

const { clients: CLIENTS, rounds: ROUNDS } = atLength({
  full: { clients: 8, rounds: 2 },
  short: { clients: 2, rounds: 1 },
});

for (const workers of atLength({ full: [1, 2], short: [1] })) {
  test(`no request fails while instances of ${workers} workers are restarted in turn behind a balancer`, async (t) => {
    const root = await tempRoot(t);
    const ports = [await freePort(), await freePort()];
    const start = (port: number): Promise<RunningWorkers> =>
      withWorkers(
        t,
        { workers, draindelay: '2s', addr: `127.0.0.1:${port}`, secret: 'shared' },
        { storage: { filesystem: { rootdirectory: root } } },
      );
    const registries = await Promise.all(ports.map(start));
    await using balancer = new Balancer(ports.map((port) => `http://127.0.0.1:${port}`));
    const allReady = async (): Promise<void> => {
      while (balancer.ready < ports.length) await delay(5);
    };
    await allReady();
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      let count = 0;
      while (!isOver) await push(balancer, `${client} ${count++}`);
      return count;
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, port] of ports.entries()) {
        registries[index]?.signal('SIGTERM');
        t.is((await registries[index]?.finished)?.code, 0);
        registries[index] = await start(port);
        await allReady();
      }
    }
    isOver = true;
    t.true((await Promise.all(clients)).every((count) => count > 0));
  });
}

/** Pushes a blob in two chunks and reads it; throws when any request of it fails. */
async function push(balancer: Balancer, text: string): Promise<void> {
  const pass = async (method: string, location: string, body: string | undefined, status: number): Promise<string> => {
    const { pathname, search } = new URL(location, 'http://none');
    const answer = await balancer.pass(method, pathname + search, body);
    if (answer.status !== status) throw new Error(`${method} ${pathname}: ${answer.status} ${answer.text}`);
    return answer.headers.location ?? '';
  };
  const begun = await pass('POST', '/v2/app/blobs/uploads/', undefined, 202);
  const next = await pass('PATCH', begun, text.slice(0, 2), 202);
  const digest = digestOf(text);
  await pass('PUT', withQuery(next, { digest }), text.slice(2), 201);
  await pass('GET', `/v2/app/blobs/${digest}`, undefined, 200);
}
