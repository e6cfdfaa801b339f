import cluster from 'node:cluster';
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { ListenAddress } from '../config/index.ts';

/** Starts to listen; rejects when that is not possible. */
export async function listen(server: Server, address: ListenAddress): Promise<void> {
  if (cluster.isPrimary) await removeStaleSocket(address);
  server.listen('socket' in address ? { path: address.socket } : { ...address });
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
