import { createHash } from 'node:crypto';
import { mapConcurrently } from '../../../core/async/concurrency.ts';
import { type CallOptions, DriverError, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from '../../../core/storage/small-files.ts';
import { type AccessToken, parseAccessToken } from './access-token.ts';
import { isTokenId } from './token-format.ts';

const MAX_BYTES = 64 * 1024;
const MAX_READS = 8;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** A folder of tokens is named after a hash of its user, because names may have any characters. */
const FOLDER_LENGTH = 32;

/** A stored token, and when it was used last. */
export interface StoredToken {
  readonly token: AccessToken;
  /** The day, such as `2026-01-05`; `undefined` if it was never used. */
  readonly lastUsed: string | undefined;
}

/** The personal access tokens in the storage, which all instances on it see: a small file each. */
export class AccessTokenStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(driver: StorageDriver, paths = new PathMapper()) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** One driver call; none for an id that no token can have. */
  async read(user: string, id: string, options: CallOptions = {}): Promise<AccessToken | undefined> {
    if (!isTokenId(id)) return undefined;
    const path = this.#paths.accessTokens.token(folderOf(user), id);
    const bytes = await readSmallFile(this.#driver, path, { ...options, maxBytes: MAX_BYTES });
    const token = bytes && parseAccessToken(bytes);
    // A file in the wrong place must not be another user's token.
    return token?.user === user && token.id === id ? token : undefined;
  }

  /** Stores a new token. */
  async create(token: AccessToken): Promise<void> {
    const path = this.#paths.accessTokens.token(folderOf(token.user), token.id);
    await this.#driver.write(path, Buffer.from(JSON.stringify(token)), { ifAbsent: true });
  }

  /** Resolves with whether there was such a token. */
  async delete(user: string, id: string): Promise<boolean> {
    if (!isTokenId(id)) return false;
    // The token first: it must end, even if the rest cannot be deleted.
    const isDeleted = await deleteIfPresent(this.#driver, this.#paths.accessTokens.token(folderOf(user), id));
    await deleteIfPresent(this.#driver, this.#paths.accessTokens.folder(folderOf(user), id));
    return isDeleted;
  }

  /** The tokens of a user, the newest first. */
  async ofUser(user: string, options: CallOptions = {}): Promise<StoredToken[]> {
    const tokens = await this.#inFolder(folderOf(user), options);
    return byAge(tokens.filter(({ token }) => token.user === user));
  }

  /** The tokens of all users, the newest first; at most about `maxTokens`. */
  async all(maxTokens: number, options: CallOptions = {}): Promise<StoredToken[]> {
    const found: StoredToken[] = [];
    for (const folder of await this.#names(this.#paths.accessTokens.all(), options)) {
      if (found.length >= maxTokens) break;
      const tokens = await this.#inFolder(folder, options);
      found.push(...tokens.filter(({ token }) => folderOf(token.user) === folder));
    }
    return byAge(found);
  }

  /** Notes that a token was used on a day. It never brings a deleted token back. */
  async noteUse(user: string, id: string, day: string): Promise<void> {
    const path = this.#paths.accessTokens.lastUse(folderOf(user), id);
    await this.#driver.write(path, Buffer.from(day), { durable: false });
  }

  async #inFolder(folder: string, options: CallOptions): Promise<StoredToken[]> {
    const ids = (await this.#names(this.#paths.accessTokens.ofUser(folder), options)).filter(isTokenId);
    const tokens = await mapConcurrently(ids, MAX_READS, async (id): Promise<StoredToken | undefined> => {
      const limits = { ...options, maxBytes: MAX_BYTES };
      const bytes = await readSmallFile(this.#driver, this.#paths.accessTokens.token(folder, id), limits);
      const token = bytes && parseAccessToken(bytes);
      if (token?.id !== id) return undefined;
      const used = await readSmallFile(this.#driver, this.#paths.accessTokens.lastUse(folder, id), limits);
      const day = used?.toString('utf8') ?? '';
      return { token, lastUsed: DAY.test(day) ? day : undefined };
    });
    return tokens.filter((token) => token !== undefined);
  }

  async #names(folder: StoragePath, options: CallOptions): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of this.#driver.list(folder, options)) names.push(name);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return names;
  }
}

function folderOf(user: string): string {
  return createHash('sha256').update(user).digest('hex').slice(0, FOLDER_LENGTH);
}

function byAge(tokens: readonly StoredToken[]): StoredToken[] {
  return tokens.toSorted((a, b) => (a.token.created < b.token.created ? 1 : -1));
}
