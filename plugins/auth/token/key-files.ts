import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
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

  /** @throws Error that says which file cannot be used, and why */
  static async open(paths: KeyFilePaths, options: KeyFilesOptions): Promise<KeyFiles> {
    return new KeyFiles(paths, options, await readAll(paths));
  }

  /** The keys as of at most five seconds ago; another object after each change. */
  async current(): Promise<KeySet> {
    if (this.#options.now() - this.#lookedAt >= LOOK_EVERY_MS) {
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

async function readAll(paths: KeyFilePaths): Promise<{ keys: KeySet; stamp: string }> {
  // Before the content, so that a change in between is noticed the next time.
  const stamp = await stampOf(paths);
  const { rootcertbundle, jwks } = paths;
  const roots = rootcertbundle === undefined ? [] : await parsed('rootcertbundle', rootcertbundle, parseCertificates);
  const keys = jwks === undefined ? NO_JWKS : await parsed('jwks', jwks, parseJwks);
  return { keys: await keySetOf(roots, keys), stamp };
}

async function parsed<Value>(
  key: string,
  path: string,
  parse: (text: string) => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${key}: the file ${path} cannot be used: ${errorMessage(cause)}`, { cause });
  }
}

async function stampOf({ rootcertbundle, jwks }: KeyFilePaths): Promise<string> {
  const stamps: string[] = [];
  for (const [key, path] of Object.entries({ rootcertbundle, jwks })) {
    if (path === undefined) continue;
    const info = await stat(path, { bigint: true }).catch((cause: unknown) => {
      throw new Error(`${key}: the file ${path} cannot be used: ${errorMessage(cause)}`, { cause });
    });
    if (!info.isFile()) throw new Error(`${key}: ${path} is not a regular file`);
    if (info.size > MAX_BYTES)
      throw new Error(`${key}: ${path} has ${info.size} bytes; at most ${MAX_BYTES} are allowed`);
    stamps.push([info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(':'));
  }
  return stamps.join(' ');
}
