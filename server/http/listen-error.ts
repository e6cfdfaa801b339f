import { dirname } from 'node:path';
import { formatProblem, type ListenAddress, type LoadedConfiguration, parseKey } from '../config/index.ts';

/** An address on which a server cannot listen; the message says why and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Waits for a server to listen.
 * @param key where its address stands in the configuration
 * @throws ListenError whose message begins with that place
 */
export async function namingKey<Result>(
  { locate }: Pick<LoadedConfiguration, 'locate'>,
  key: string,
  listening: Promise<Result>,
): Promise<Result> {
  try {
    return await listening;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const { message, cause } = error;
    throw new ListenError(formatProblem({ ...locate(parseKey(key)), key, message }), { cause });
  }
}

/** What keeps a server from listening on an address, and what to do about it. @param error as Node gives it */
export function whyNotListening(error: unknown, address: ListenAddress): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return 'socket' in address ? ofSocket(code, address.socket, error) : ofPort(code, address, error);
}

function ofPort(
  code: unknown,
  { host = '', port }: { readonly host?: string; readonly port: number },
  error: unknown,
): string {
  const where = host === '' ? `port ${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is already in use; stop the program that listens there ("ss -ltnp" names it), or choose another port`;
    case 'EACCES':
      return `this process may not listen on ${where}: ports below 1024 need a privilege; choose another port, or grant CAP_NET_BIND_SERVICE`;
    case 'EADDRNOTAVAIL':
      return `no interface of this machine has the address ${host}; choose one that it has, or :${port} for all of them`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} cannot be resolved; give an address, or :${port} for all interfaces`;
    default:
      return `cannot listen on ${where}: ${message(error)}`;
  }
}

function ofSocket(code: unknown, path: string, error: unknown): string {
  switch (code) {
    case 'EACCES':
    case 'ENOENT':
    case 'EROFS':
      return `cannot create the socket ${path}: ${dirname(path)} must be a folder in which this process may write`;
    case 'EADDRINUSE':
      return `${path} is already in use; stop the program that listens there, or choose another path`;
    default:
      return `cannot create the socket ${path}: ${message(error)}`;
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
