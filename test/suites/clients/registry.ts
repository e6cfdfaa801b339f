import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { run } from './commands.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { emptyStorage } from './storage.ts';

export const CLI = join(import.meta.dirname, '../../../bundle/bin.js');

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** A registry of its own for one test. */
export interface Registry {
  /** `127.0.0.1:<port>`, as it begins an image's name. */
  readonly host: string;
  /** `http://127.0.0.1:<port>`, or with `https`. */
  readonly url: string;
}

/** A user of a registry. */
export interface User {
  readonly name: string;
  readonly password: string;
}

/** The differences from an empty registry that is open to every client. */
export interface RegistryOptions {
  /** Its only user. */
  readonly user?: User | undefined;
  /** The section `auth`, instead of a user. */
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
  /** The section `authorization`. */
  readonly authorization?: Readonly<Record<string, unknown>> | undefined;
  /** What its section `http` has in addition. */
  readonly http?: Readonly<Record<string, unknown>> | undefined;
  /** The section `middleware`. */
  readonly middleware?: Readonly<Record<string, unknown>>;
}

/** Serves an empty registry. */
export async function startRegistry(t: ExecutionContext, options: RegistryOptions = {}): Promise<Registry> {
  const { user, auth, authorization, http, middleware } = options;
  const folder = await tempRoot(t);
  const config = {
    version: 0.1,
    storage: { ...(await emptyStorage(folder)), delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'only for this test', ...http },
    ...(middleware && { middleware }),
    ...(auth && { auth }),
    ...(authorization && { authorization }),
    ...(user === undefined ? {} : { auth: { htpasswd: { realm: 'tests', path: await writeHtpasswd(folder, user) } } }),
  };
  const file = join(folder, 'config.yml');
  await writeFile(file, stringify(config));
  return serveFile(t, file);
}

/** Serves what a configuration says, but for these variables. */
export function serveFile(
  t: ExecutionContext,
  file: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Registry> {
  return addressOf(startDaemon(t, process.execPath, [CLI, 'serve', file], variables));
}

async function addressOf(registry: Daemon): Promise<Registry> {
  const [line, url, host] = await registry.printed(/\baddress"?[:=]"?(https?:\/\/(127\.0\.0\.1:[1-9]\d*))/);
  if (url === undefined || host === undefined) throw new Error(`no host in ${line}`);
  return { host, url };
}

async function writeHtpasswd(folder: string, user: User): Promise<string> {
  const file = join(folder, 'htpasswd');
  await run('htpasswd', ['-c', '-B', '-b', file, user.name, user.password]);
  return file;
}

/** A manifest as the registry gives it. */
export interface FetchedManifest {
  readonly mediaType: string;
  /** Computed here from the bytes. */
  readonly digest: string;
  readonly text: string;
}

/** Fetches a manifest without credentials. Rejects, with the status in the message, when the answer is not 200. */
export async function fetchManifest(
  registry: Registry,
  repository: string,
  reference: string,
): Promise<FetchedManifest> {
  const response = await fetch(`${registry.url}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: MANIFEST_TYPES.join(', ') },
  });
  if (response.status !== 200) throw new Error(`GET ${response.url} answered ${response.status}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    mediaType: response.headers.get('content-type') ?? '',
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    text: bytes.toString(),
  };
}
