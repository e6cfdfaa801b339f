import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { type FilesContent, RereadFiles } from '../reread-files.ts';
import {
  type SigningKey,
  type SigningKeySource,
  type SigningKeys,
  signingKeyOf,
  signingKeysFrom,
} from './signing-keys.ts';

/** A key has a few hundred. */
const MAX_BYTES = 64 * 1024;
const READABLE_BY_OTHERS = 0o004;
const EXPOSED =
  'every user of this machine can read the key that signs tokens, and so be any user of the registry; chmod 600';
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
  /** Files that every user of the machine can read. */
  readonly exposed: readonly string[];
}

/**
 * The keys in PEM files: the first signs, the others verify. They are read again within five seconds after a file has
 * changed. A file that becomes unusable is reported, and the keys that were read last stay in effect.
 */
export class SigningKeyFiles implements SigningKeySource {
  readonly #files: RereadFiles<Read>;

  private constructor(files: RereadFiles<Read>) {
    this.#files = files;
  }

  /** @throws KeyFileError for the first file that cannot be used */
  static async open(paths: readonly string[], { warn, now }: SigningKeyFilesOptions): Promise<SigningKeyFiles> {
    const warnOf = ({ exposed }: Read): void => {
      for (const path of exposed) warn(EXPOSED, { path });
    };
    const files = await RereadFiles.open({
      stamp: () => stampOf(paths),
      read: () => readAll(paths),
      onRead: (read) => {
        warnOf(read);
        warn('the keys that sign tokens were read again', { keys: read.keys.trusted.ids });
      },
      onFailure: (reason) => warn(`the keys that sign tokens stay as they were: ${reason}`),
      now,
    });
    warnOf(await files.current());
    return new SigningKeyFiles(files);
  }

  /** The keys as of at most five seconds ago; another object after each change. */
  async current(): Promise<SigningKeys> {
    return (await this.#files.current()).keys;
  }
}

async function readAll(paths: readonly string[]): Promise<FilesContent<Read>> {
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
  return { content: { keys: signingKeysFrom(keys), exposed }, stamp };
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
