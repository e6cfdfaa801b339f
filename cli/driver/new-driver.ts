import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { DRIVERS } from '../../plugins/kinds/storage-driver.ts';
import { PACKAGE_FOLDER } from '../../server/config/index.ts';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { stowageSource } from './stowage-source.ts';

/** `stowage driver new`: writes the package of a new storage driver. */
export interface DriverNewRequest {
  readonly kind: 'driver-new';
  readonly name: string;
  readonly folder: string | undefined;
  readonly language: 'javascript' | 'typescript';
}

const TEMPLATES = join(PACKAGE_FOLDER, 'testing/template');
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 60;

/**
 * Writes the package of a new storage driver, which asks for this version of Stowage and is tested with this one, and
 * prints what to do next.
 * @throws UsageError for a name that no driver can have, and a folder that is not empty
 */
export async function run(
  { name, folder, language }: DriverNewRequest,
  { print, version: versionOf }: Program,
): Promise<void> {
  const version = await versionOf();
  checkName(name);
  const place = folder ?? `${DRIVERS.prefix}${name}`;
  await checkFolder(place);
  const source = await stowageSource(place, version);
  const template = join(TEMPLATES, language);
  for (const file of await filesBelow(template)) {
    const text = await readFile(join(template, file), 'utf8');
    const target = join(place, file.replaceAll('template', name));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, filledIn(text, { name, version, source }));
  }
  const driver = language === 'typescript' ? `src/${name}-driver.ts` : `${name}-driver.js`;
  const isPublished = !source.startsWith('file:');
  const lines = [
    `The storage driver ${name} is in ${resolve(place)}`,
    `Prove it, with Node 24.12 or newer: cd ${place} && npm install && npm test`,
    `Then replace the map in ${driver} with your store`,
    ...(isPublished ? [] : [`Its tests use the Stowage at ${source.slice('file:'.length)}`]),
    '',
  ];
  print(lines.join('\n'));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

function checkName(name: string): void {
  const problem = problemOf(name);
  if (problem === undefined) return;
  throw new UsageError(`${JSON.stringify(name)} cannot be the name of a driver: ${problem}`);
}

function problemOf(name: string): string | undefined {
  if (name.startsWith(DRIVERS.prefix)) return `leave out ${DRIVERS.prefix}: it is added to the name of the package`;
  if (!NAME.test(name)) return 'use words of a-z and 0-9, separated by "-", and begin with a letter';
  if (name.length > MAX_NAME_LENGTH) return `it is longer than ${MAX_NAME_LENGTH} characters`;
  if (Object.hasOwn(DRIVERS.builtIn, name)) return 'Stowage has a built-in driver of this name';
  return undefined;
}

async function checkFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new UsageError(`cannot write to ${folder}: it is not a folder, or this user may not read it`);
  });
  if (names.length > 0) throw new UsageError(`the folder ${folder} is not empty; choose another one`);
}

function filledIn(
  text: string,
  { name, version, source }: Readonly<Record<'name' | 'version' | 'source', string>>,
): string {
  const capitalised = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return text
    .replaceAll('0.0.0-stowage', version)
    .replaceAll('stowage-source', source)
    .replaceAll('Template', capitalised.join(''))
    .replaceAll('template', name);
}
