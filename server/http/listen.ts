import cluster from 'node:cluster';
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { ListenAddress } from '../config/index.ts';
import { ListenError, whyNotListening } from './listen-error.ts';

/**
 * Starts to listen.
 * @throws ListenError when the address cannot be used
 */
export async function listen(server: Server, address: ListenAddress): Promise<void> {
  if (cluster.isPrimary) await removeStaleSocket(address);
  server.listen('socket' in address ? { path: address.socket } : { ...address });
  await once(server, 'listening').catch((error: unknown) => {
    throw new ListenError(whyNotListening(error, address), { cause: error });
  });
}

/**
 * Removes a stale socket of a process that has exited. Workers must not call it: they cannot tell a stale socket from that
 * of the other workers.
 * @throws ListenError when the path is not a socket, or a process listens on it
 */
export async function removeStaleSocket(address: ListenAddress): Promise<void> {
  if (!('socket' in address)) return;
  const path = address.socket;
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) return;
  if (!info.isSocket()) throw new ListenError(`${path} exists and is not a socket; remove it, or choose another path`);
  if (await isListenedOn(path)) {
    throw new ListenError(`another process listens on ${path}; stop that process, or choose another path`);
  }
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

/** The URL at which this machine reaches the server. */
export function localUrl(server: Server, scheme: 'http' | 'https'): string {
  const address = server.address();
  if (address === null) throw new Error('the server does not listen');
  if (typeof address === 'string') return `unix:${address}`;
  const any = address.address === '::' || address.address === '0.0.0.0';
  const host = any ? 'localhost' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${scheme}://${host}:${address.port}`;
}
