import { randomUUID } from 'node:crypto';
import type { Digest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import { DriverError, type FileInfo, type StorageDriver, type StoragePath } from '../driver/index.ts';
import { readContent } from '../scrub/content-reading.ts';
import { deleteIfPresent } from '../storage/small-files.ts';
import type { CopySession } from './copy-session.ts';
import type { CopySide } from './copy-side.ts';
import { TargetGuard } from './target-guard.ts';

/** Content up to this size is written in one call, from memory. */
const MAX_WHOLE_BYTES = 1024 * 1024;
/** A part that got no byte for so long was left by a killed process. */
const MAX_PART_AGE_MS = 3_600_000;
/** Wrong bytes are read once more, because a cable or the memory may be at fault. */
const MAX_READS = 2;

/** Whether the target has the content now; if not, why. */
export type ContentState = 'there' | 'missing' | 'wrong' | 'unreadable';

/** The source has failed, not the target. */
class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Copies content by digest. Nothing gets to the place of a digest unless its bytes were verified on the way. */
export class ContentCopy {
  readonly #source: CopySide;
  readonly #target: CopySide;
  readonly #session: CopySession;
  readonly #guard: TargetGuard;
  /** What could not be copied, so that it is not read again for each link to it. */
  readonly #bad = new Map<Digest, 'wrong' | 'unreadable'>();
  /** What a dry run has counted. */
  readonly #counted = new Set<Digest>();

  constructor({ source, target }: { source: CopySide; target: CopySide }, session: CopySession) {
    this.#source = source;
    this.#target = target;
    this.#session = session;
    this.#guard = new TargetGuard(target.guard, session.options);
  }

  /**
   * Copies the content unless the target has it in the same size. Collections of the target keep it until they have ended.
   * A caller that links it later than a {@link LookupMoment} allows asks again. Two concurrent driver calls if the target has it.
   * @throws DriverError when the target fails; the reason of the signal
   */
  async ensure(digest: Digest): Promise<ContentState> {
    const bad = this.#bad.get(digest);
    if (bad !== undefined) return bad;
    const { options, signal } = this.#session;
    signal.throwIfAborted();
    await this.#guard.keep(digest);
    const path = this.#source.paths.blobData(digest);
    const [here, there] = await Promise.all([
      fileAt(this.#source.driver, path, signal),
      this.#guard.find(digest, path, () => fileAt(this.#target.driver, path, signal)),
    ]);
    const from = here?.path ?? (await this.#source.setAside(path));
    if (from === undefined) return there === undefined ? 'missing' : 'there';
    const isSame = there !== undefined && (here === undefined || there.size === here.size);
    if (isSame && (!options.verifies || (await this.#isRight(digest)))) return 'there';
    const state = await this.#copy(digest, from, here?.size);
    if (state === 'wrong' || state === 'unreadable') this.#bad.set(digest, state);
    return state;
  }

  /** Removes what killed runs have left. */
  async removeOldParts(now = Date.now()): Promise<void> {
    const { driver, paths } = this.#target;
    if (this.#session.options.dryRun) return;
    try {
      for await (const { name, isFolder } of driver.list(paths.copies.parts())) {
        const part = paths.copies.part(name);
        const info = isFolder ? undefined : await driver.stat(part, { uncommitted: true });
        if (info !== undefined && now - info.modifiedAt.getTime() > MAX_PART_AGE_MS)
          await deleteIfPresent(driver, part);
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
  }

  async #isRight(digest: Digest): Promise<boolean> {
    const { signal, budget } = this.#session;
    const path = this.#target.paths.blobData(digest);
    const { verdict } = await readContent(digest, (options) => this.#target.driver.read(path, options), {
      signal,
      budget,
      onBytes: (bytes) => this.#session.onBytes(bytes),
    });
    return verdict === 'right';
  }

  async #copy(digest: Digest, from: StoragePath, size: number | undefined): Promise<ContentState> {
    const { counts, options } = this.#session;
    if (options.dryRun) {
      if (this.#counted.has(digest)) return 'there';
      this.#counted.add(digest);
      counts.copiedContents += 1;
      counts.copiedBytes += size ?? 0;
      return 'there';
    }
    for (let reads = 1; ; reads += 1) {
      const verifier = new DigestVerifier(digest);
      const isSmall = size !== undefined && size <= MAX_WHOLE_BYTES;
      try {
        const isRight = await (isSmall ? this.#copyWhole(from, verifier) : this.#copyInPieces(from, verifier));
        this.#session.onRead();
        if (isRight) {
          counts.copiedContents += 1;
          counts.copiedBytes += verifier.size;
          return 'there';
        }
      } catch (error) {
        this.#session.signal.throwIfAborted();
        if (!(error instanceof SourceError)) throw error;
        if (DriverError.is(error.cause, 'not-found')) return 'missing';
        const reason = (error.cause as Error).message;
        this.#session.note({ code: 'content-unreadable', action: 'none', digest, reason });
        this.#session.onRead(reason);
        return 'unreadable';
      }
      if (reads < MAX_READS) continue;
      this.#session.note({ code: 'content-damaged', action: 'none', digest, size: verifier.size });
      return 'wrong';
    }
  }

  async #copyWhole(from: StoragePath, verifier: DigestVerifier): Promise<boolean> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#read(from, verifier)) chunks.push(chunk);
    if (!verifier.verified) return false;
    const { driver, paths } = this.#target;
    await driver.write(paths.blobData(verifier.expected), Buffer.concat(chunks), { signal: this.#session.signal });
    return true;
  }

  async #copyInPieces(from: StoragePath, verifier: DigestVerifier): Promise<boolean> {
    const { driver, paths } = this.#target;
    const { signal } = this.#session;
    const part = paths.copies.part(randomUUID());
    const to = paths.blobData(verifier.expected);
    await using writer = await driver.openWriter(part, { append: false, signal });
    try {
      await writer.append(this.#read(from, verifier), { signal });
    } catch (error) {
      await writer.cancel().catch(() => undefined);
      throw error;
    }
    if (!verifier.verified) {
      await writer.cancel();
      return false;
    }
    if (driver.capabilities.exclusiveWriters) {
      await writer.commit(to);
    } else {
      await writer.commit();
      await driver.move(part, to);
    }
    return true;
  }

  /** @throws SourceError */
  async *#read(from: StoragePath, verifier: DigestVerifier): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.#session;
    try {
      const stream = await this.#source.driver.read(from, { signal });
      for await (const bytes of stream as AsyncIterable<Uint8Array>) {
        verifier.update(bytes);
        yield bytes;
        await this.#session.read(bytes.byteLength);
      }
    } catch (error) {
      throw new SourceError('the source failed', { cause: error });
    }
  }
}

async function fileAt(driver: StorageDriver, path: StoragePath, signal: AbortSignal): Promise<FileInfo | undefined> {
  const info = await driver.stat(path, { signal });
  return info?.isFolder === false ? info : undefined;
}
