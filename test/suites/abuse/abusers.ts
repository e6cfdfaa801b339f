import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { RawConnection } from '../../helpers/http/raw-connection.ts';
import type { Target } from './target.ts';

/** How many connections are opened at a time; more than the system queues would wait for a second each. */
const OPENED_AT_ONCE = 100;

/** Opens idle connections, including those that the server has ended meanwhile. */
export async function openConnections(t: ExecutionContext, { port }: Target, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  t.teardown(() => closeAll(sockets));
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(OPENED_AT_ONCE, count - sockets.length) }, async () => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.on('error', () => undefined);
      sockets.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    });
    await Promise.all(batch);
  }
  return sockets;
}

export function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.resetAndDestroy();
}

/** Sends bytes on each of them, and waits until the system accepts no more; nothing is read. */
export async function sendAndReadNothing(sockets: readonly Socket[], bytes: Buffer): Promise<void> {
  for (const socket of sockets) socket.pause();
  await Promise.all(sockets.map((socket) => takenOf(socket, bytes)));
}

async function takenOf(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.write(bytes)) return;
  let left = -1;
  // A server that stops reading accepts no more.
  while (!socket.destroyed && socket.writableLength > 0 && socket.writableLength !== left) {
    left = socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Sends a piece on each of them again and again, until all have been ended by the server or time is over. */
export async function trickle(sockets: readonly Socket[], piece: string, maxMs: number): Promise<void> {
  const deadline = performance.now() + maxMs;
  while (performance.now() < deadline && sockets.some((socket) => !socket.destroyed)) {
    for (const socket of sockets) if (socket.writable) socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The status of the only answer to these bytes; rejects when there is another one, or none. */
export async function onlyStatusOf(t: ExecutionContext, target: Target, bytes: string): Promise<number> {
  const connection = await RawConnection.open(t, target);
  connection.send(bytes);
  const received = await connection.untilClosed();
  const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
  if (statuses.length !== 1) throw new Error(`${JSON.stringify(bytes.slice(0, 100))} has ${statuses.length} answers`);
  return statuses[0] ?? 0;
}
