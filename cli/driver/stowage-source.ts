import { access, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { PACKAGE_FOLDER } from '../../server/config/index.ts';

/**
 * What a package in `folder` must name so that npm installs this Stowage for it: a range of versions where it came from
 * a npm registry, otherwise the archive or the checkout that it came from, relative to `folder`.
 */
export async function stowageSource(folder: string, version: string, own = PACKAGE_FOLDER): Promise<string> {
  const modules = dirname(own);
  if (basename(modules) !== 'node_modules') return fileSpec(folder, own);
  const installed = await installedFrom(modules);
  if (installed === undefined || !installed.startsWith('file:')) return `^${version}`;
  const archive = resolve(dirname(modules), installed.slice('file:'.length));
  const isThere = await access(archive).then(
    () => true,
    () => false,
  );
  return fileSpec(folder, isThere ? archive : own);
}

function fileSpec(folder: string, target: string): string {
  return `file:${relative(resolve(folder), target)}`;
}

/** From where npm has installed Stowage into `modules`; `undefined` where another program has. */
async function installedFrom(modules: string): Promise<string | undefined> {
  const text = await readFile(join(modules, '.package-lock.json'), 'utf8').catch(() => '{}');
  const { packages } = JSON.parse(text) as { packages?: Record<string, { resolved?: string } | undefined> };
  return packages?.['node_modules/stowage']?.resolved;
}
