import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { forOptions } from '../for-options.ts';
import { type FilesContent, RereadFiles } from '../reread-files.ts';
import { parseCertificates } from './certificate-chain.ts';
import { type KeySet, keySetOf } from './key-set.ts';
import { parseJwks } from './parse-jwks.ts';

/** Enough for thousands of keys; a larger file is not a key file. */
const MAX_BYTES = 4 * 1024 * 1024;
const NO_JWKS = { publicKeys: [], secrets: new Map<string, Uint8Array>() };

/** The files with the keys; at least one is given. */
export interface KeyFilePaths {
  /** PEM certificates. */
  readonly rootcertbundle: string | undefined;
  /** A JSON Web Key Set. */
  readonly jwks: string | undefined;
}

/** Options of {@link KeyFiles}. */
export interface KeyFilesOptions {
  readonly warn: PluginContext['warn'];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The keys in files. They are read again within five seconds after a file has changed, so keys can be rotated without a
 * restart. A file that becomes unusable is reported, and the keys that were read last stay in effect.
 */
export class KeyFiles {
  readonly #files: RereadFiles<KeySet>;

  private constructor(files: RereadFiles<KeySet>) {
    this.#files = files;
  }

  /** @throws OptionsError that says which files cannot be used, and why */
  static async open(paths: KeyFilePaths, { warn, now }: KeyFilesOptions): Promise<KeyFiles> {
    const files = await RereadFiles.open({
      stamp: () => stampOf(paths),
      read: () => readAll(paths),
      onRead: ({ ids }) => warn('the keys for tokens were read again', { keys: ids }),
      onFailure: (reason) => warn(`the keys for tokens stay as they were: ${reason}`),
      now,
    });
    return new KeyFiles(files);
  }

  /** The keys as of at most five seconds ago; another object after each change. */
  current(): Promise<KeySet> {
    return this.#files.current();
  }
}

async function readAll({ rootcertbundle, jwks }: KeyFilePaths): Promise<FilesContent<KeySet>> {
  const read = await forOptions({
    rootcertbundle: readOne(rootcertbundle, parseCertificates),
    jwks: readOne(jwks, parseJwks),
  });
  const keys = keySetOf(read.rootcertbundle.content ?? [], read.jwks.content ?? NO_JWKS);
  return { content: (await forOptions({ jwks: keys })).jwks, stamp: `${read.rootcertbundle.stamp} ${read.jwks.stamp}` };
}

/** The content of a file is `undefined` where none is named. */
async function readOne<Value>(
  path: string | undefined,
  parse: (text: string) => Value | Promise<Value>,
): Promise<{ readonly stamp: string; readonly content: Value | undefined }> {
  // The stamp comes first, so that a change in between is noticed the next time.
  const stamp = await stampOfFile(path);
  if (path === undefined) return { stamp, content: undefined };
  const text = await readFile(path, 'utf8').catch((cause: unknown) => unusable(path, cause));
  try {
    return { stamp, content: await parse(text) };
  } catch (cause) {
    return unusable(path, cause);
  }
}

async function stampOf({ rootcertbundle, jwks }: KeyFilePaths): Promise<string> {
  return `${await stampOfFile(rootcertbundle)} ${await stampOfFile(jwks)}`;
}

async function stampOfFile(path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  const info = await stat(path, { bigint: true }).catch((cause: unknown) => unusable(path, cause));
  if (!info.isFile()) throw new Error(`${path} is not a regular file; name the file that holds the keys`);
  if (info.size > MAX_BYTES) throw new Error(`${path} has ${info.size} bytes; at most ${MAX_BYTES} are allowed`);
  return [info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(':');
}

function unusable(path: string, cause: unknown): never {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const message = isMissing
    ? `there is no file ${path}; put the public keys of the token server there`
    : `the file ${path} cannot be used: ${errorMessage(cause)}`;
  throw new Error(message);
}
