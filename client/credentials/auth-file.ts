import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolders } from '../files/make-folders.ts';
import type { Credentials } from './credential-source.ts';
import { CredentialsError } from './credentials-error.ts';
import { linkedFile, replaceFile } from './replace-file.ts';

/** The mode of a file with secrets: only its owner may read it. */
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;
const MODE_BITS = 0o777;

type Json = Readonly<Record<string, unknown>>;

/**
 * A file of credentials: `config.json` of Docker, or `auth.json` of Podman, which is the same without other settings.
 * Unknown content is preserved. Error messages never quote the file, because it contains secrets.
 */
export class AuthFile {
  readonly path: string;
  readonly #content: Json;

  private constructor(path: string, content: Json) {
    this.path = path;
    this.#content = content;
  }

  /**
   * Reads a file.
   * @param options.mustExist whether a missing file is an error instead of an empty file
   * @throws CredentialsError when the file cannot be read, or is not in Docker's format
   */
  static async read(path: string, { mustExist = false } = {}): Promise<AuthFile> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
      if (isMissing && mustExist)
        throw new CredentialsError(path, 'does not exist; check its name, or log in to create it');
      if (isMissing) return new AuthFile(path, {});
      throw new CredentialsError(path, `cannot be read (${code}); check who owns it and its permissions`);
    }
    // Podman creates an empty file before its first login.
    if (text.trim() === '') return new AuthFile(path, {});
    return new AuthFile(path, parse(path, text));
  }

  /** The keys that have an entry in the file. */
  get keys(): readonly string[] {
    return Object.keys(this.#section('auths'));
  }

  /** The keys that have their own helper program. */
  get helperKeys(): readonly string[] {
    return Object.keys(this.#section('credHelpers'));
  }

  /** The helper program of a key, without the prefix `docker-credential-`. */
  helperOf(key: string): string | undefined {
    const name = this.#section('credHelpers')[key];
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  /** The helper program for all keys without their own. */
  get store(): string | undefined {
    const name = this.#content['credsStore'];
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  /**
   * The credentials that the file itself stores under a key; Docker leaves an empty entry if a helper stores them.
   * @throws CredentialsError when they are not in Docker's format
   */
  credentials(key: string): Credentials | undefined {
    const entry = this.#section('auths')[key];
    const origin = `${this.path} (auths ${JSON.stringify(key)})`;
    if (entry === undefined || entry === null) return undefined;
    if (!isObject(entry)) throw new CredentialsError(origin, 'is not an object; log in again');
    const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
    const [username, password] =
      text('auth') === '' ? [text('username'), text('password')] : decode(text('auth'), origin);
    const identityToken = text('identitytoken') || undefined;
    const registryToken = text('registrytoken') || undefined;
    if (username === '' && password === '' && identityToken === undefined && registryToken === undefined)
      return undefined;
    return { username, password, identityToken, registryToken, origin };
  }

  /**
   * Writes an entry for a key into the file at a path; without credentials an empty one, as for credentials in a
   * helper. Everything else in the file is preserved, including what other processes write concurrently with this
   * method.
   * @throws CredentialsError
   */
  static async set(
    path: string,
    key: string,
    credentials?: Pick<Credentials, 'username' | 'password' | 'identityToken'>,
  ): Promise<void> {
    const { username = '', password = '', identityToken } = credentials ?? {};
    const entry = {
      ...(username === '' && password === ''
        ? {}
        : { auth: Buffer.from(`${username}:${password}`).toString('base64') }),
      ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
    };
    await AuthFile.#change(path, (auths) => ({ ...auths, [key]: entry }));
  }

  /**
   * Removes the entries of these keys from the file at a path, with the guarantees of {@link set}.
   * @throws CredentialsError
   */
  static async delete(path: string, keys: readonly string[]): Promise<void> {
    await AuthFile.#change(path, (auths) =>
      Object.fromEntries(Object.entries(auths).filter(([key]) => !keys.includes(key))),
    );
  }

  #section(name: string): Json {
    const section = this.#content[name];
    return isObject(section) ? section : {};
  }

  /** Reads the file again just before writing, so that no concurrent change is lost. A symbolic link stays a link. */
  static async #change(path: string, change: (auths: Json) => Json): Promise<void> {
    try {
      // Most commands only read credentials.
      const { withFileLock } = await import('../stores/layout/file-lock.ts');
      const target = await linkedFile(path);
      await makeFolders(dirname(target), PRIVATE_FOLDER);
      await withFileLock(`${target}.stowage-lock`, async () => {
        const file = await AuthFile.read(path);
        const mode = await stat(target).then(
          (found) => found.mode & MODE_BITS,
          () => PRIVATE,
        );
        const content = { ...file.#content, auths: change(file.#section('auths')) };
        await replaceFile(target, `${JSON.stringify(content, null, '\t')}\n`, mode);
      });
    } catch (error) {
      if (error instanceof CredentialsError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CredentialsError(path, `cannot be written: ${reason}`);
    }
  }
}

function parse(path: string, text: string): Json {
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // The message of JSON.parse would quote the file.
    throw new CredentialsError(path, 'is not valid JSON; correct it, or move it away and log in again');
  }
  if (!isObject(content)) throw new CredentialsError(path, 'is not a JSON object; move it away and log in again');
  for (const section of ['auths', 'credHelpers']) {
    const value = content[section];
    if (value !== undefined && value !== null && !isObject(value))
      throw new CredentialsError(path, `${section} is not an object; correct it, or move the file away`);
  }
  return content;
}

function decode(text: string, origin: string): readonly [username: string, password: string] {
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new CredentialsError(origin, 'auth is not the base64 form of user:password; log in again');
  // Some versions of docker padded the password.
  const [password = ''] = decoded.slice(colon + 1).split('\0', 1);
  return [decoded.slice(0, colon), password];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
