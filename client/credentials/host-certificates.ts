import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import type { TlsOptions } from '../http/http-settings.ts';
import { hostSpellings } from '../references/registry-host.ts';
import { CredentialsError } from './credentials-error.ts';
import { readAuthorities, readKeyPair } from './pem-files.ts';

/** The folders in which Docker and Podman look for certificates; the first one with a folder for the host wins. */
export function certificateFolders(env: Environment): readonly string[] {
  const home = env['HOME'] || homedir();
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [
    join(config, 'containers/certs.d'),
    join(config, 'docker/certs.d'),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
  ];
}

/**
 * Reads the TLS settings in the folder of a host: each `*.crt` is a trusted authority, and a `*.cert` with a `*.key` of
 * the same name is the client certificate (containers-certs.d(5)). The name of the folder may include or omit the
 * default port.
 * @param folders from {@link certificateFolders}
 * @throws CredentialsError when a file cannot be read or has the wrong content, or a certificate has no key
 */
export async function hostCertificates(host: string, folders: readonly string[]): Promise<TlsOptions> {
  const names = [...new Set([host, ...hostSpellings(host)])];
  for (const folder of folders.flatMap((each) => names.map((name) => join(each, name)))) {
    const files = await namesIn(folder);
    if (files !== undefined) return await readCertificates(folder, files);
  }
  return {};
}

async function readCertificates(folder: string, names: readonly string[]): Promise<TlsOptions> {
  const authorityFiles = names.filter((name) => name.endsWith('.crt'));
  const ca = await Promise.all(authorityFiles.map((name) => readAuthorities(join(folder, name))));
  const certificate = names.find((name) => name.endsWith('.cert'));
  const authorities = ca.length === 0 ? {} : { ca };
  if (certificate === undefined) return authorities;
  const key = certificate.replace(/\.cert$/, '.key');
  if (!names.includes(key)) throw new CredentialsError(join(folder, certificate), `its key ${key} is missing`);
  return { ...authorities, ...(await readKeyPair(join(folder, certificate), join(folder, key))) };
}

async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CredentialsError(folder, `cannot be read (${String(code)}); check who owns it and its permissions`);
  }
}
