import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import type { ReadStream } from '../driver/index.ts';
import { ManifestCache } from '../registry/local/manifest-cache.ts';
import { BlobStore } from '../storage/blob-store.ts';
import { CorruptContentError } from '../storage/corrupt-content-error.ts';
import { QuarantineStore } from '../storage/quarantine-store.ts';
import type { ScrubRun } from './content-reading.ts';
import type { ContentPlace, ContentSource } from './content-source.ts';

/** How an attempt to repair content ended; for people. */
export interface Repair {
  readonly isRepaired: boolean;
  /** Where the content came from, or why it could not be repaired from there. */
  readonly reason: string;
}

/** Puts the right bytes at the place of a digest, where another copy of them is at hand. */
@injectable()
export class ContentRepairer {
  readonly #blobs: BlobStore;
  readonly #manifests: ManifestCache;
  readonly #quarantine: QuarantineStore;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(ManifestCache) manifests: ManifestCache,
    @inject(QuarantineStore) quarantine: QuarantineStore,
  ) {
    this.#blobs = blobs;
    this.#manifests = manifests;
    this.#quarantine = quarantine;
  }

  /**
   * Stores the content again, durably.
   * @param place where it is known to belong
   * @returns `undefined` when there is no other copy
   * @throws the reason of the signal
   */
  async repair(digest: Digest, run: ScrubRun, place?: ContentPlace): Promise<Repair | undefined> {
    const problems: string[] = [];
    const attempt = async (name: string, store: () => Promise<boolean>): Promise<Repair | undefined> => {
      try {
        return (await store()) ? { isRepaired: true, reason: `repaired from ${name}` } : undefined;
      } catch (error) {
        run.signal.throwIfAborted();
        // The loader of drivers says more in further lines.
        problems.push(...(error as Error).message.split('\n').map((line) => line.trim()));
        return undefined;
      }
    };
    const remembered = await attempt('the memory of this process', () => this.#storeRemembered(digest));
    if (remembered !== undefined) return remembered;
    for (const source of run.sources ?? []) {
      const repair = await attempt(source.name, () => this.#storeFrom(source, digest, { run, place }));
      if (repair !== undefined) return repair;
    }
    if (problems.length === 0) return undefined;
    return { isRepaired: false, reason: `it could not be repaired: ${problems.join('; ')}` };
  }

  /** Makes every process that the broadcast reaches read the content from the storage again. */
  async forget(digest: Digest): Promise<void> {
    await this.#manifests.forgetContent(digest);
  }

  /** What is in memory was verified when it was read or pushed. @returns whether there was something */
  async #storeRemembered(digest: Digest): Promise<boolean> {
    const manifest = this.#manifests.content(digest);
    if (manifest === undefined) return false;
    await this.#blobs.writeSmall(digest, manifest.bytes);
    return true;
  }

  /** @returns whether the source has the content */
  async #storeFrom(
    source: ContentSource,
    digest: Digest,
    { run, place }: { readonly run: ScrubRun; readonly place: ContentPlace | undefined },
  ): Promise<boolean> {
    const { signal } = run;
    const stream = await source.read(digest, { signal, place });
    if (stream === undefined) return false;
    const verifier = new DigestVerifier(digest);
    const move = await this.#quarantine.copy(digest, verified(stream, verifier, run), { signal });
    await this.#blobs.adopt(digest, verifier.size, move);
    return true;
  }
}

/** @throws CorruptContentError at the end, unless the bytes are those of the digest */
async function* verified(
  stream: ReadStream,
  verifier: DigestVerifier,
  { signal, budget, onBytes }: ScrubRun,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of stream as AsyncIterable<Uint8Array>) {
    verifier.update(bytes);
    yield bytes;
    onBytes(bytes.byteLength);
    if (budget !== undefined) await budget.take(bytes.byteLength, signal);
  }
  if (!verifier.verified) throw new CorruptContentError(verifier.expected);
}
