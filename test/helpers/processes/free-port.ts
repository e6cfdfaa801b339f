import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * The system takes the ports of connections from above, so that one of these stays free while its server is away. So do
 * those 10000 further up, on which a node of a Redis cluster listens as well.
 */
const FIRST = 10_000;
const LAST = 22_000;

const given = new Set<number>();

/** A port without a listener, a different one each time, for servers that must know their port before they start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port)) continue;
    const server = await tryListen(port);
    if (server === undefined) continue;
    given.add(port);
    server.close();
    await once(server, 'close');
    return port;
  }
}

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
