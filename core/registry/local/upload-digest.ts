import { CANONICAL_ALGORITHM, type Digest, isAlias } from '../../digest/digest.ts';
import { Digester, hasAlternative } from '../../digest/digester.ts';
import { type CallOptions, DriverError } from '../../driver/index.ts';
import type { HashStateStore, UploadKey } from '../../storage/hash-state-store.ts';
import type { UploadStore } from '../../storage/upload-store.ts';
import type { UploadSessions } from './upload-sessions.ts';

/**
 * Below this size, reading the bytes again is cheaper, if they can be read: 4 MiB take 3 ms, as long as storing and
 * finding a state.
 */
const MIN_SAVED_BYTES = 4 * 1024 * 1024;

/** The collaborators of an {@link UploadDigest}. */
export interface DigestDependencies {
  readonly uploads: UploadStore;
  readonly hashStates: HashStateStore;
  readonly sessions: UploadSessions;
}

/**
 * The digest of an upload, whichever processes its bytes passed through. This process keeps it in memory, and the
 * storage keeps its state for all other processes. Bytes are read only where no state covers them.
 */
export class UploadDigest {
  readonly #dependencies: DigestDependencies;
  readonly #key: UploadKey;
  readonly #algorithm: string | undefined;
  readonly #tookOver: boolean;
  #savedSize = 0;

  /**
   * @param options.algorithm the algorithm of the final digest, as far as it is known
   * @param options.tookOver whether another request may still be writing to the upload: then only bytes that were read
   * from the storage count, not those that pass through
   */
  constructor(
    dependencies: DigestDependencies,
    key: UploadKey,
    {
      algorithm,
      tookOver = false,
    }: { readonly algorithm?: string | undefined; readonly tookOver?: boolean | undefined },
  ) {
    this.#dependencies = dependencies;
    this.#key = key;
    this.#algorithm = algorithm;
    this.#tookOver = tookOver;
    if (tookOver) this.forget();
  }

  /** Begins an upload without bytes. No driver call. */
  begin(): void {
    this.#dependencies.sessions.keep(this.#key.uuid, new Digester(this.#algorithm));
  }

  /**
   * The digester that has seen exactly the `size` bytes of the upload; `undefined` when some of them would need to be
   * read and cannot be read yet, or when `tookOver` is set. No driver call when all passed through this process;
   * otherwise those of {@link HashStateStore.newest}, and one read when the newest state does not cover all bytes.
   */
  async at(size: number, options: CallOptions): Promise<Digester | undefined> {
    if (this.#tookOver) return undefined;
    const digester = await this.#nearest(size, this.#algorithm);
    if (digester.size < size) {
      if (!this.#dependencies.uploads.showsUncommitted) return undefined;
      await this.#readOn(digester, size, options);
    }
    this.#dependencies.sessions.keep(this.#key.uuid, digester);
    return digester;
  }

  /**
   * The digest under which the content called `digest` is stored: `digest` itself, or for an alias the canonical one.
   * @param open as for {@link verify}
   */
  async content(digest: Digest, size: number, open: () => Promise<void>): Promise<Digest> {
    if (!isAlias(digest)) return digest;
    const digester = await this.#nearest(size, CANONICAL_ALGORITHM);
    if (digester.size < size) await open();
    await this.#readOn(digester, size);
    if (!digester.isResumed) return digester.digest();
    return (await this.#readAll(size, open, { algorithm: CANONICAL_ALGORITHM })).digest();
  }

  /**
   * Compares the digest of the whole content with `expected`.
   * @param open makes the content readable; called only if the content must be read
   * @returns the digest of the content, which is `expected` if that is one of its digests
   * @throws RegistryError `DIGEST_INVALID` when the content has no digest by this algorithm
   */
  async verify(
    expected: { digest: Digest; algorithm: string; size: number },
    open: () => Promise<void>,
  ): Promise<Digest> {
    const { digest, algorithm, size } = expected;
    const digester = await this.#nearest(size, algorithm);
    if (digester.size < size) await open();
    await this.#readOn(digester, size);
    if (digester.matches(digest)) return digest;
    // A saved state can be wrong; the bytes cannot.
    const again = digester.isResumed ? await this.#readAll(size, open, { algorithm }) : digester;
    if (again.matches(digest)) return digest;
    const isOther =
      hasAlternative(algorithm) &&
      (await this.#readAll(size, open, { algorithm, isAlternative: true })).matches(digest);
    return isOther ? digest : again.digest();
  }

  async #readAll(
    size: number,
    open: () => Promise<void>,
    { algorithm, isAlternative = false }: { readonly algorithm: string; readonly isAlternative?: boolean },
  ): Promise<Digester> {
    await open();
    const digester = new Digester(algorithm, { isAlternative });
    await this.#readOn(digester, size);
    return digester;
  }

  /** Discards a digester whose bytes differ from those of the upload. */
  forget(): void {
    this.#dependencies.sessions.forget(this.#key.uuid);
  }

  /**
   * Saves the state of the first `size` bytes, which must be stored, for other processes, if this process has it. One
   * driver call, or none if it is already saved. Without the state, the bytes are read again, so a failure is ignored.
   */
  async save(size: number): Promise<void> {
    const { sessions, uploads } = this.#dependencies;
    const digester = sessions.digester(this.#key.uuid);
    if (digester?.size !== size || size === this.#savedSize) return;
    if (uploads.showsUncommitted && size < MIN_SAVED_BYTES) return;
    try {
      await this.#dependencies.hashStates.save(this.#key, digester);
      this.#savedSize = size;
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
  }

  async #nearest(size: number, algorithm: string | undefined): Promise<Digester> {
    const live = this.#dependencies.sessions.digester(this.#key.uuid);
    if (live?.size === size && (algorithm === undefined || live.algorithm === algorithm)) return live;
    // It must not be reused after the upload has grown to that size with other bytes.
    this.forget();
    if (size === 0 && algorithm !== undefined) return new Digester(algorithm);
    const saved = await this.#dependencies.hashStates.newest(this.#key, size, algorithm);
    if (saved?.size === size) this.#savedSize = size;
    return saved ?? new Digester(algorithm);
  }

  async #readOn(digester: Digester, size: number, options?: CallOptions): Promise<void> {
    if (digester.size === size) return;
    const { uploads } = this.#dependencies;
    const { name, uuid } = this.#key;
    const stream = await uploads.read(name, uuid, { ...options, start: digester.size, end: size });
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      digester.update(bytes);
      stream.recycle?.(bytes);
    }
  }
}
