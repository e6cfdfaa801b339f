import { KeyedMutex } from '../../core/async/concurrency.ts';
import { type Digest, digestOf } from '../../core/digest/digest.ts';
import { DigestVerifier } from '../../core/digest/digester.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { formatReference, type Reference, type Tag } from '../../core/model/reference.ts';
import { referrerOf } from '../../core/model/referrer.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { otherBytes, shortBlob } from './damaged-blob.ts';
import type { IncomingBlob, IncomingManifest, ObjectStore } from './object-store.ts';
import { onlyImage } from './only-image.ts';

/** Images in memory, for tests and for programs that create images. Partially written blobs are kept as well. */
export class MemoryStore implements ObjectStore {
  readonly label: string;
  readonly listsImages = true;
  readonly isChecked = true;
  readonly #blobs = new Map<Digest, Buffer>();
  readonly #partial = new Map<Digest, PartialBlob>();
  readonly #manifests = new Map<Digest, StoredManifest>();
  /** The digests of images, without manifests that are only part of others. */
  readonly #images = new Set<Digest>();
  readonly #tags = new Map<Tag, Digest>();
  readonly #writing = new KeyedMutex();

  constructor(label = 'memory') {
    this.label = label;
  }

  async *tags(): AsyncGenerator<Tag, void, undefined> {
    yield* this.#tags.keys();
  }

  async manifest(reference: Reference | undefined): Promise<StoredManifest> {
    const digest = this.#resolve(reference);
    const manifest = digest === undefined ? undefined : this.#manifests.get(digest);
    if (manifest !== undefined) return manifest;
    const name = reference === undefined ? undefined : formatReference(reference);
    throw new RegistryError('MANIFEST_UNKNOWN', { store: this.label, reference: name });
  }

  async hasManifest(digest: Digest): Promise<boolean> {
    return this.#manifests.has(digest);
  }

  async blobSize(digest: Digest): Promise<number | undefined> {
    return this.#blobs.get(digest)?.byteLength;
  }

  async openBlob({ digest }: Descriptor, start: number): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.#blobs.get(digest);
    if (bytes === undefined) throw new RegistryError('BLOB_UNKNOWN', { store: this.label, digest });
    return inParts(bytes.subarray(start));
  }

  async *referrers(subject: Digest): AsyncGenerator<Descriptor, void, undefined> {
    for (const { digest, bytes } of this.#manifests.values()) {
      const referrer = referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength });
      if (referrer?.subject === subject) yield referrer.descriptor;
    }
  }

  /** A second write of a blob waits for the first one, and reads no bytes if that succeeds. */
  async writeBlob(blob: IncomingBlob, context: CallContext = {}): Promise<void> {
    const { digest } = blob.descriptor;
    await this.#writing.run(digest, () => this.#write(blob, context), context.signal);
  }

  async putManifest({ digest, mediaType, bytes, tags, isPart }: IncomingManifest): Promise<void> {
    this.#manifests.set(digest, { digest, mediaType, bytes });
    if (!isPart) this.#images.add(digest);
    for (const tag of tags) this.#tags.set(tag, digest);
  }

  /** Stores bytes as a blob. */
  add(bytes: Uint8Array, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, Buffer.from(bytes));
    return { mediaType, digest, size: bytes.byteLength };
  }

  /** Nothing to release: the images live as long as the object. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #resolve(reference: Reference | undefined): Digest | undefined {
    if (reference === undefined) return onlyImage(this.label, [...this.#images], [...this.#tags.keys()]);
    return reference.kind === 'digest' ? reference.digest : this.#tags.get(reference.tag);
  }

  async #write(blob: IncomingBlob, context: CallContext): Promise<void> {
    const { digest, size } = blob.descriptor;
    if (this.#blobs.has(digest)) return;
    const partial = this.#partial.get(digest) ?? { chunks: [], verifier: new DigestVerifier(digest) };
    this.#partial.set(digest, partial);
    const { chunks, verifier } = partial;
    if (verifier.size > 0) blob.report?.({ type: 'resumed', offset: verifier.size });
    for await (const chunk of await blob.open(verifier.size, context)) {
      context.signal?.throwIfAborted();
      chunks.push(Buffer.from(chunk));
      verifier.update(chunk);
      blob.report?.({ type: 'progress', bytes: verifier.size });
      if (verifier.size > size) break;
    }
    if (verifier.size < size) throw shortBlob(blob.descriptor, verifier.size);
    this.#partial.delete(digest);
    if (verifier.size !== size || !verifier.verified) {
      throw otherBytes(digest, { computed: verifier.digest() });
    }
    this.#blobs.set(digest, Buffer.concat(chunks));
  }
}

interface PartialBlob {
  readonly chunks: Buffer[];
  readonly verifier: DigestVerifier;
}

const PART_BYTES = 64 * 1024;

async function* inParts(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += PART_BYTES) yield bytes.subarray(at, at + PART_BYTES);
}
