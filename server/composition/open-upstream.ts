import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RemoteRegistryOptions } from '../../client/remote/remote-registry-options.ts';
import type { Upstream } from '../../core/scrub/upstream-registry.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { matchesAny } from '../../plugins/patterns/name-pattern.ts';
import { ConfigurationError, formatKey, type KeyPath, type LoadedConfiguration } from '../config/index.ts';
import { readClientTls } from './client-tls-files.ts';

type Configured = Pick<LoadedConfiguration, 'configuration' | 'baseFolder' | 'locate'>;

const UPSTREAM: KeyPath = ['storage', 'maintenance', 'scrub', 'upstream'];
/** A scrub has time, but not for a registry that is away: it is asked for one content after another. */
const TIME_OUTS = { connectMs: 10_000, answerMs: 30_000, readMs: 30_000 };
const RETRIES = { attempts: 3 };
const MAX_CONNECTIONS = 4;

/** The registry from which a scrub repairs; `undefined` without one. The client is loaded when it is first needed. */
export function upstreamOf(loaded: Configured): Upstream | undefined {
  const { upstream } = loaded.configuration.storage.scrub;
  if (upstream === undefined) return undefined;
  const { host, repositories } = upstream;
  return {
    host,
    isMirrored: (name) => repositories.length === 0 || matchesAny(repositories, name),
    open: async () => {
      // Files may have changed since the start.
      const options = await readUpstream(loaded);
      const { RemoteRegistry } = await import('../../client/remote/remote-registry.ts');
      return RemoteRegistry.open({ host, ...options });
    },
  };
}

/**
 * How the upstream is reached, with the content of its files.
 * @throws ConfigurationError that names every file which is missing, unreadable or of no use, and its key
 */
export async function readUpstream(loaded: Configured): Promise<Omit<RemoteRegistryOptions, 'host'>> {
  const { upstream } = loaded.configuration.storage.scrub;
  if (upstream === undefined) return {};
  const { scheme, user, tls: files } = upstream;
  const { certificate: cert, key, authorities: ca } = await readClientTls(loaded, [...UPSTREAM, 'tls'], files);
  const password = user && (user.password ?? (await readPassword(loaded, user.passwordFile ?? '')));
  return {
    scheme,
    tls: { ca, cert, key },
    ...(user !== undefined &&
      password !== undefined && {
        credentials: { find: async () => ({ username: user.name, password, origin: formatKey(UPSTREAM) }) },
      }),
    timeOuts: TIME_OUTS,
    retries: RETRIES,
    maxConnections: MAX_CONNECTIONS,
  };
}

async function readPassword(loaded: Configured, file: string): Promise<string> {
  const path: KeyPath = [...UPSTREAM, 'passwordfile'];
  const fail = (message: string): ConfigurationError =>
    new ConfigurationError([{ ...loaded.locate(path), key: formatKey(path), message }]);
  let text: string;
  try {
    text = await readFile(resolve(loaded.baseFolder, file), 'utf8');
  } catch (error) {
    throw fail(`${file} cannot be read: ${errorMessage(error)}`);
  }
  const [password = ''] = text.split(/\r?\n/, 1);
  if (password === '') throw fail(`${file} has no password in its first line`);
  return password;
}
