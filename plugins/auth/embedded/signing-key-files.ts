import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import {
  type SigningKey,
  type SigningKeySource,
  type SigningKeys,
  signingKeyOf,
  signingKeysFrom,
} from './signing-keys.ts';

/** How long a changed file may go unnoticed, in milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** A key has a few hundred. */
const MAX_BYTES = 64 * 1024;
const READABLE_BY_OTHERS = 0o004;
const REMEDY = 'create one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out FILE';

/** Thrown for a file that holds no usable key. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
  /** Which of the files, from 0. */
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** Options of {@link SigningKeyFiles}. */
export interface SigningKeyFilesOptions {
  readonly warn: PluginContext['warn'];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

interface Read {
  readonly keys: SigningKeys;
  readonly stamp: string;
  /** Files that every user of the machine can read. */
  readonly exposed: readonly string[];
}

/**
 * The keys in PEM files: the first signs, the others verify. They are read again within five seconds after a file has
 * changed. A file that becomes unusable is reported, and the keys that were read last stay in effect.
 */
export class SigningKeyFiles implements SigningKeySource {
  readonly #paths: readonly string[];
  readonly #options: SigningKeyFilesOptions;
  #keys: SigningKeys;
  #stamp: string;
  #lookedAt: number;
  #looking: Promise<void> | undefined;

  private constructor(paths: readonly string[], options: SigningKeyFilesOptions, { keys, stamp, exposed }: Read) {
    this.#paths = paths;
    this.#options = options;
    this.#keys = keys;
    this.#stamp = stamp;
    this.#lookedAt = options.now();
    this.#warnOf(exposed);
  }

  /** @throws KeyFileError for the first file that cannot be used */
  static async open(paths: readonly string[], options: SigningKeyFilesOptions): Promise<SigningKeyFiles> {
    return new SigningKeyFiles(paths, options, await readAll(paths));
  }

  /** The keys as of at most five seconds ago; another object after each change. */
  async current(): Promise<SigningKeys> {
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
      const { keys, stamp: read, exposed } = await readAll(this.#paths);
      this.#keys = keys;
      this.#stamp = read;
      this.#warnOf(exposed);
      this.#options.warn('the keys that sign tokens were read again', { keys: keys.trusted.ids });
    } catch (error) {
      this.#options.warn(`the keys that sign tokens stay as they were: ${errorMessage(error)}`);
    }
  }

  #warnOf(exposed: readonly string[]): void {
    for (const path of exposed) {
      this.#options.warn(
        'every user of this machine can read the key that signs tokens, and so be any user of the registry; chmod 600',
        { path },
      );
    }
  }
}

async function readAll(paths: readonly string[]): Promise<Read> {
  // Before the content, so that a change in between is noticed the next time.
  const stamp = await stampOf(paths);
  const keys: SigningKey[] = [];
  const exposed: string[] = [];
  for (const [index, path] of paths.entries()) {
    const pem = await using(path, index, () => readFile(path, 'utf8'));
    keys.push(await signingKeyOf(await using(path, index, () => privateKeyIn(pem))));
    const { mode } = await using(path, index, () => stat(path));
    if ((mode & READABLE_BY_OTHERS) !== 0) exposed.push(path);
  }
  return { keys: signingKeysFrom(keys), stamp, exposed };
}

async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps: string[] = [];
  for (const [index, path] of paths.entries()) {
    const info = await using(path, index, () => stat(path, { bigint: true }));
    await using(path, index, () => {
      if (!info.isFile()) throw new Error(`it is not a regular file; ${REMEDY}`);
      if (info.size > MAX_BYTES) throw new Error(`it has ${info.size} bytes; at most ${MAX_BYTES} are allowed`);
    });
    stamps.push([info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(':'));
  }
  return stamps.join(' ');
}

async function using<Value>(path: string, index: number, act: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    throw new KeyFileError(`the key file ${path} cannot be used: ${whyUnusable(error)}`, index);
  }
}

/** Messages about keys quote nothing of them. */
function privateKeyIn(pem: string): KeyObject {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw new Error('it is encrypted; decrypt it: openssl pkey -in FILE -out KEY');
  }
  if (!/-----BEGIN (?:EC )?PRIVATE KEY-----/.test(pem)) {
    throw new Error(`it contains no private key of the curve P-256 (PEM, PKCS#8 or SEC1); ${REMEDY}`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error(`its private key is damaged; ${REMEDY}`);
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`its key is not of the curve P-256; ${REMEDY}`);
  }
  return key;
}

function whyUnusable(error: unknown): string {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return isMissing ? `it does not exist; ${REMEDY}` : errorMessage(error);
}
