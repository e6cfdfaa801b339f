import { isIP } from 'node:net';
import type { Logger } from '../../core/ports/logger.ts';
import type { Configuration } from '../config/index.ts';

/** Warns when a registry that lets every client do everything can be reached from other machines. */
export function warnOfOpenRegistry({ admin, http, storage }: Configuration, log: Pick<Logger, 'warn'>): void {
  if ('socket' in http.address || storage.readOnly) return;
  const { host = '', port } = http.address;
  if (isLoopback(host)) return;
  const where = host === '' || host === '0.0.0.0' || host === '::' ? 'on all interfaces' : `on ${host}`;
  const rights = ['push', 'pull'];
  if (storage.deleteEnabled) rights.push('delete');
  if (admin.isEnabled === true) rights.push('administrate it');
  log.warn(
    { key: 'auth' },
    `listens ${where} without access control: anyone who can reach port ${port} may ${inWords(rights)}; configure auth, or set http.addr to 127.0.0.1:${port}`,
  );
}

function inWords(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
