import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DRIVERS } from '../../plugins/kinds/storage-driver.ts';
import { PACKAGE_FOLDER } from '../../server/config/index.ts';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** `stowage driver new`: writes the package of a new storage driver. */
export interface DriverNewRequest {
  readonly kind: 'driver-new';
  readonly name: string;
  readonly folder: string | undefined;
}

const TEMPLATE = join(PACKAGE_FOLDER, 'testing/template');
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 60;

/**
 * Writes the package of a new storage driver, which asks for this version of Stowage, and prints what to do next.
 * @throws UsageError for a name that no driver can have, and a folder that is not empty
 */
export async function run({ name, folder }: DriverNewRequest, { print, version: versionOf }: Program): Promise<void> {
  const version = await versionOf();
  checkName(name);
  const place = folder ?? `${DRIVERS.prefix}${name}`;
  await checkFolder(place);
  await mkdir(place, { recursive: true });
  for (const file of await readdir(TEMPLATE)) {
    const text = await readFile(join(TEMPLATE, file), 'utf8');
    await writeFile(join(place, file.replaceAll('template', name)), filledIn(text, { name, version }));
  }
  const lines = [
    `The storage driver ${name} is in ${resolve(place)}`,
    `Prove it, with Node 24.12 or newer: cd ${place} && npm install${stowageFolder()} && npm test`,
    `Then put your store in ${name}-driver.js in the place of the map`,
    '',
  ];
  print(lines.join('\n'));
}

/** What to install in addition where this Stowage is a checkout, which npm does not find by its name. */
function stowageFolder(): string {
  return PACKAGE_FOLDER.split('/').includes('node_modules') ? '' : ` --no-save ${PACKAGE_FOLDER}`;
}

function checkName(name: string): void {
  const problem = problemOf(name);
  if (problem === undefined) return;
  throw new UsageError(`${JSON.stringify(name)} cannot be the name of a driver: ${problem}`);
}

function problemOf(name: string): string | undefined {
  if (name.startsWith(DRIVERS.prefix)) return `leave out ${DRIVERS.prefix}, the package gets that by itself`;
  if (!NAME.test(name)) return 'take words of a-z and 0-9 with "-" between them, and a letter first';
  if (name.length > MAX_NAME_LENGTH) return `it is longer than ${MAX_NAME_LENGTH} characters`;
  if (Object.hasOwn(DRIVERS.builtIn, name)) return 'a driver of this name comes with Stowage';
  return undefined;
}

async function checkFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new UsageError(`${folder} is no folder that can be written to`);
  });
  if (names.length > 0) throw new UsageError(`the folder ${folder} is not empty; name another one`);
}

function filledIn(text: string, { name, version }: { readonly name: string; readonly version: string }): string {
  const capitalised = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return text
    .replaceAll('0.0.0-stowage', version)
    .replaceAll('Template', capitalised.join(''))
    .replaceAll('template', name);
}
