import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_FOLDER } from './package-folder.ts';

/** Where distribution keeps its configuration: version 3, then version 2 and the packages of Linux systems. */
export const DEFAULT_FILES: readonly string[] = ['/etc/distribution/config.yml', '/etc/docker/registry/config.yml'];

/**
 * The configuration that comes with the package. It is not in a folder of the operator: relative paths start where the
 * registry is started.
 */
export const PACKAGED_FILE = join(PACKAGE_FOLDER, 'config.yml');

/**
 * The first of the files that exists. A file that exists and cannot be read counts as well, so that the start fails
 * instead of skipping it.
 * @returns `undefined` when none exists
 */
export async function findDefaultFile(files = DEFAULT_FILES): Promise<string | undefined> {
  for (const file of files) if (await exists(file)) return file;
  return undefined;
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
