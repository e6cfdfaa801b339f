import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type ContainersHome, containersHome } from '../containers-home.ts';
import type { AccessServer, ServerTls } from './access-client.ts';

/** A home where podman, buildah, skopeo and stowage find the certificates for a server. */
export async function certificatesHome(t: ExecutionContext, { host, tls }: AccessServer): Promise<ContainersHome> {
  const home = await containersHome(t);
  if (tls !== undefined) await putCertificates(join(home.folder, '.config/containers/certs.d', host), tls);
  return home;
}

/** Puts certificates into a folder for one host, as docker and the others name them. */
export async function putCertificates(folder: string, { authorityFile, client }: ServerTls): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(authorityFile, join(folder, 'ca.crt'));
  if (client === undefined) return;
  await copyFile(client.certFile, join(folder, 'client.cert'));
  await copyFile(client.keyFile, join(folder, 'client.key'));
}
