import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { Connections } from '../../../../server/http/connections.ts';
import { listen, localUrl } from '../../../../server/http/listen.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';

interface Limited {
  readonly address: string;
  readonly connections: Connections;
  /** Answers the oldest request that waits. */
  readonly answer: () => void;
  /** Waits until so many requests wait for their answers. */
  readonly waiting: (count: number) => Promise<void>;
}

/** A server with so many file handles for connections and requests; requests wait until they are answered. */
async function withHandles(t: ExecutionContext, maxHandles: number): Promise<Limited> {
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    connections.begin(request.socket, response);
    if (request.url === '/now') response.end();
    else responses.push(response);
  });
  const connections = new Connections(server, maxHandles);
  await listen(server, { host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    server.close();
    await connections.ended(0);
  });
  return {
    address: localUrl(server, 'http'),
    connections,
    answer: () => void responses.shift()?.end(),
    waiting: async (count) => {
      while (responses.length < count) await once(server, 'request');
    },
  };
}

const request = (connection: RawConnection, path: string): void => connection.sendHead(`GET ${path} HTTP/1.1`);

async function ask(connection: RawConnection): Promise<void> {
  const before = connection.received.length;
  request(connection, '/now');
  while (!connection.received.slice(before).includes('\r\n\r\n')) await once(connection.socket, 'data');
}

test('when handles run out, connections that never carried a request are closed before those that did', async (t) => {
  const server = await withHandles(t, 8);
  const used = await RawConnection.open(t, server);
  await ask(used);
  const silent = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open(t, server)));
  const ended = silent.map((connection) => connection.untilClosed());
  for (let count = 0; count < 5; count += 1) await ask(await RawConnection.open(t, server));
  await Promise.all(ended);
  await ask(used);
  t.is(server.connections.problem, undefined);
});

test('of connections that carried a request, those idle for longest are closed first', async (t) => {
  const server = await withHandles(t, 7);
  const all: RawConnection[] = [];
  for (let count = 0; count < 4; count += 1) {
    const connection = await RawConnection.open(t, server);
    await ask(connection);
    all.push(connection);
  }
  const [first, second] = all as [RawConnection, RawConnection];
  await ask(first);
  const ended = second.untilClosed();
  await ask(await RawConnection.open(t, server));
  await ended;
  await ask(first);
  t.pass();
});

test('connections that carry a request are never closed; when all do, new ones are refused, with a warning', async (t) => {
  const server = await withHandles(t, 5);
  const busy = [await RawConnection.open(t, server), await RawConnection.open(t, server)] as const;
  for (const connection of busy) request(connection, '/later');
  await server.waiting(2);
  const newcomer = await RawConnection.open(t, server);
  t.is(await newcomer.untilClosed(), '');
  t.regex(server.connections.problem ?? '', /raise the limit of open files/);
  for (const connection of busy) {
    server.answer();
    await connection.until(/^HTTP\/1\.1 200 /);
  }
  await ask(await RawConnection.open(t, server));
});
