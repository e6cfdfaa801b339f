import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { basename, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_FOLDER } from './node-resolver.ts';

/** A line in the code of a plugin, as `file:line:column`, and its text. */
export interface SourcePlace {
  readonly position: string;
  readonly text: string;
}

const CHECK_LIMIT_MS = 5000;
const MAX_TEXT = 120;

/** The module at which Node stopped, for errors that do not name it. */
const stoppedAt = new WeakMap<Error, string>();

/**
 * Imports a module. A syntax error in an ES module does not say in which file it is: it is in the one that was resolved
 * last, because Node reads each module as soon as it has resolved it.
 */
export async function importPlugin(url: string): Promise<unknown> {
  let last = url;
  const hooks = registerHooks({
    resolve: (asked, context, next) => {
      const found = next(asked, context);
      last = found.url;
      return found;
    },
  });
  try {
    return await import(url);
  } catch (error) {
    if (error instanceof SyntaxError) stoppedAt.set(error, last);
    throw error;
  } finally {
    hooks.deregister();
  }
}

/**
 * The line of a plugin that an error is about: of a syntax error where it is, of any other one the first line in the
 * plugin's own files on the way to where it was thrown.
 * @param folder the folder of the plugin, to whose `node_modules` its own files do not belong
 */
export async function placeIn(folder: string, error: unknown): Promise<SourcePlace | undefined> {
  if (!(error instanceof Error)) return undefined;
  const { stack = '' } = error;
  return headed(stack) ?? (await syntaxPlace(error)) ?? (await framePlace(stack, folder));
}

/** Node puts the line, and a mark below it, before the name of some errors. */
function headed(text: string): SourcePlace | undefined {
  const found = /^(?<file>(?:file:\/\/|\/)[^\n]*):(?<line>\d+)\n(?<text>[^\n]*)\n(?<before> *)[\^\n]/.exec(
    text,
  )?.groups;
  if (found === undefined) return undefined;
  const { file = '', line = '', before = '', text: shown = '' } = found;
  return { position: `${pathOf(file)}:${line}:${before.length + 1}`, text: shortened(shown) };
}

/** Lets Node read the file once more, without running it. */
async function syntaxPlace(error: Error): Promise<SourcePlace | undefined> {
  const url = stoppedAt.get(error);
  if (url?.startsWith('file:') !== true) return undefined;
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = ['--check', fileURLToPath(url)];
  execFile(process.execPath, args, { timeout: CHECK_LIMIT_MS }, (_failure, _stdout, stderr) => resolve(stderr));
  return headed(await promise);
}

async function framePlace(stack: string, folder: string): Promise<SourcePlace | undefined> {
  for (const frame of stack.split('\n')) {
    const { place = '', line = '', column = '' } = FRAME.exec(frame)?.groups ?? {};
    if (!place.startsWith('file:') && !place.startsWith('/')) continue;
    const file = pathOf(place);
    if (!isOwn(file, folder)) continue;
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    return { position: `${file}:${line}:${column}`, text: shortened(lines[Number(line) - 1] ?? '') };
  }
  return undefined;
}

/** `at <function> (<place>:<line>:<column>)`, or without a function and the parentheses. */
const FRAME = /^ {4}at (?:async |[^(]*\()?(?<place>[^(]+):(?<line>\d+):(?<column>\d+)\)?$/;

function isOwn(file: string, folder: string): boolean {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  if (!file.startsWith(prefix) || file.startsWith(`${OWN_FOLDER}/`)) return false;
  return !file.slice(prefix.length - 1).includes('/node_modules/');
}

function pathOf(place: string): string {
  return place.startsWith('file:') ? fileURLToPath(place) : place;
}

function shortened(line: string): string {
  const text = line.trim();
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/** The line of `file` that imports `missing`: a package, or the path of a file. */
export async function importPlace(file: string, missing: string): Promise<SourcePlace | undefined> {
  const isFile = isAbsolute(missing);
  const name = (isFile ? basename(missing) : missing).replaceAll(/[^\w-]/g, String.raw`\$&`);
  const imported = new RegExp(isFile ? `["'](?:[^"']*/)?${name}["']` : `["']${name}(?:/[^"']*)?["']`);
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  for (const [index, line] of lines.entries()) {
    const column = line.search(imported);
    if (column >= 0) return { position: `${file}:${index + 1}:${column + 1}`, text: shortened(line) };
  }
  return undefined;
}
