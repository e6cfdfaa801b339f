import cluster from 'node:cluster';
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ListenAddress } from '../config/index.ts';

const connections = new WeakMap<Server, Set<Socket>>();

/** Starts to listen; rejects when that is not possible. */
export async function listen(server: Server, address: ListenAddress): Promise<void> {
  if (cluster.isPrimary) await removeStaleSocket(address);
  server.listen('socket' in address ? { path: address.socket } : { ...address });
  watchConnections(server);
  await once(server, 'listening');
}

/**
 * Removes the socket that a process has left behind. Workers must not: to them the socket of the others looks the same.
 * @throws Error when something else is there, or somebody listens on it
 */
export async function removeStaleSocket(address: ListenAddress): Promise<void> {
  if (!('socket' in address)) return;
  const path = address.socket;
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) return;
  if (!info.isSocket()) throw new Error(`${path} is there and is no socket; remove it or choose another http.addr`);
  if (await isListenedOn(path)) throw new Error(`${path} is in use: another process listens on it`);
  await unlink(path);
}

async function isListenedOn(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The URL under which this machine reaches the server. */
export function localUrl(server: Server, scheme: 'http' | 'https'): string {
  const address = server.address();
  if (address === null) throw new Error('the server does not listen');
  if (typeof address === 'string') return `unix:${address}`;
  const any = address.address === '::' || address.address === '0.0.0.0';
  const host = any ? 'localhost' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${scheme}://${host}:${address.port}`;
}

function watchConnections(server: Server): void {
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}

// Node counts a connection as idle only after its first request: one that was opened ahead, or whose headers do not
// come, would hold the drain to its end.
function closeSilent(server: Server): void {
  for (const socket of connections.get(server) ?? []) {
    if (!('_httpMessage' in socket) || socket._httpMessage === null) socket.destroy();
  }
}

function closeAll(server: Server): void {
  server.closeAllConnections();
  for (const socket of connections.get(server) ?? []) socket.destroy();
}

/** How often connections are looked for that have become idle while others still work. */
const IDLE_CHECK_MS = 50;

/**
 * Takes no new connections, lets requests under way finish for at most `timeoutMs`, then ends what is left.
 * @returns whether all of them finished
 */
export async function drain(server: Server, timeoutMs: number): Promise<boolean> {
  const closed = once(server, 'close').then(() => true);
  server.close();
  // Clients would keep theirs for minutes after the answer to their last request.
  closeSilent(server);
  const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const finished = await Promise.race([closed, late]);
  clearTimeout(timer);
  clearInterval(idleCheck);
  if (!finished) closeAll(server);
  await closed;
  return finished;
}
