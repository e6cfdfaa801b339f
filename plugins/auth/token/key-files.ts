import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { forOptions } from '../for-options.ts';
import { parseCertificates } from './certificate-chain.ts';
import { type KeySet, keySetOf } from './key-set.ts';
import { parseJwks } from './parse-jwks.ts';

/** How long a changed file may go unnoticed, in milliseconds. */
const LOOK_EVERY_MS = 5_000;
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
  readonly #paths: KeyFilePaths;
  readonly #options: KeyFilesOptions;
  #keys: KeySet;
  #stamp: string;
  #lookedAt: number;
  #looking: Promise<void> | undefined;

  private constructor(paths: KeyFilePaths, options: KeyFilesOptions, first: { keys: KeySet; stamp: string }) {
    this.#paths = paths;
    this.#options = options;
    this.#keys = first.keys;
    this.#stamp = first.stamp;
    this.#lookedAt = options.now();
  }

  /** @throws OptionsError that says which files cannot be used, and why */
  static async open(paths: KeyFilePaths, options: KeyFilesOptions): Promise<KeyFiles> {
    return new KeyFiles(paths, options, await readAll(paths));
  }

  /** The keys as of at most five seconds ago; another object after each change. */
  async current(): Promise<KeySet> {
    // Clocks may be set back.
    if (Math.abs(this.#options.now() - this.#lookedAt) >= LOOK_EVERY_MS) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    return this.#keys;
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.#paths).catch((error: unknown) => `cannot be examined: ${errorMessage(error)}`);
    this.#lookedAt = this.#options.now();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      const { keys, stamp: read } = await readAll(this.#paths);
      this.#keys = keys;
      this.#stamp = read;
      this.#options.warn('the keys for tokens were read again', { keys: keys.ids });
    } catch (error) {
      this.#options.warn(`the keys for tokens stay as they were: ${errorMessage(error)}`);
    }
  }
}

async function readAll({ rootcertbundle, jwks }: KeyFilePaths): Promise<{ keys: KeySet; stamp: string }> {
  const read = await forOptions({
    rootcertbundle: readOne(rootcertbundle, parseCertificates),
    jwks: readOne(jwks, parseJwks),
  });
  const keys = keySetOf(read.rootcertbundle.content ?? [], read.jwks.content ?? NO_JWKS);
  return { keys: (await forOptions({ jwks: keys })).jwks, stamp: `${read.rootcertbundle.stamp} ${read.jwks.stamp}` };
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
