import { algorithmOf, type Digest, digestOf, hexOf } from '../../../core/digest/digest.ts';
import { readStoredManifest } from '../../../core/manifests/stored-manifest.ts';
import type { Descriptor } from '../../../core/model/descriptor.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import { fallbackTag, formatReference, type Reference, type Tag } from '../../../core/model/reference.ts';
import { referrerOf } from '../../../core/model/referrer.ts';
import type { StoredManifest } from '../../../core/registry/manifest-service.ts';
import { MAX_DOCUMENT_BYTES } from '../../max-document-bytes.ts';
import type { ImageName, ReadContext } from '../object-store.ts';
import { onlyImage } from '../only-image.ts';
import { StoreError } from '../store-error.ts';
import type { LayoutFiles } from './layout-files.ts';
import { LayoutIndex } from './layout-index.ts';

/** Reads an OCI image layout (image-spec, "OCI Image Layout Specification"). */
export class LayoutReader {
  readonly #files: LayoutFiles;
  readonly #label: string;

  constructor(files: LayoutFiles, label: string) {
    this.#files = files;
    this.#label = label;
  }

  /**
   * Reads the list of images.
   * @throws StoreError `not-found` when there is no layout or no index.json; `invalid`
   */
  async index(): Promise<LayoutIndex> {
    const marker = await this.#files.read('oci-layout', 4096);
    const bytes = await this.#files.read('index.json', MAX_DOCUMENT_BYTES);
    if (bytes === undefined) {
      const missing = marker === undefined ? 'there is no OCI image layout' : 'there is no index.json';
      throw new StoreError('not-found', `${missing} in ${this.#label}`, { hint: 'check the path' });
    }
    if (marker?.toString().includes('"imageLayoutVersion"') === true) return LayoutIndex.parse(bytes, this.#label);
    throw new StoreError('invalid', `${this.#label} is not an OCI image layout: it has no file oci-layout`);
  }

  /** The list of images; empty if there is no layout yet. */
  async indexOrEmpty(): Promise<LayoutIndex> {
    try {
      return await this.index();
    } catch (error) {
      if (StoreError.is(error, 'not-found')) return LayoutIndex.empty();
      throw error;
    }
  }

  async *tags(): AsyncGenerator<Tag, void, undefined> {
    const { entries } = await this.index();
    yield* new Set(entries.map(({ tag }) => tag).filter((tag) => tag !== undefined));
  }

  async *names(): AsyncGenerator<ImageName, void, undefined> {
    const { entries } = await this.index();
    const newest = new Map<string, ImageName>();
    for (const { name, tag, digest } of entries) {
      if (name !== undefined && tag !== undefined) newest.set(name, { name, tag, digest });
    }
    yield* newest.values();
  }

  /** The image with a whole name; `undefined` when there is none. */
  async named(name: string): Promise<Digest | undefined> {
    return (await this.index()).find(name)?.digest;
  }

  /** @throws RegistryError `MANIFEST_UNKNOWN`; StoreError `damaged`, `ambiguous`, `invalid` */
  async manifest(reference: Reference | undefined): Promise<StoredManifest> {
    const digest = await this.#resolve(reference);
    const found = digest === undefined ? undefined : await this.#read(digest);
    if (found !== undefined) return found;
    const name = reference === undefined ? undefined : formatReference(reference);
    throw new RegistryError('MANIFEST_UNKNOWN', { store: this.#label, reference: name });
  }

  /** Whether the manifest exists with bytes that match its digest; one that a crash truncated does not. */
  async hasManifest(digest: Digest): Promise<boolean> {
    try {
      return (await this.#read(digest)) !== undefined;
    } catch (error) {
      if (StoreError.is(error, 'damaged')) return false;
      throw error;
    }
  }

  blobSize(digest: Digest): Promise<number | undefined> {
    return this.#files.size(blobPath(digest));
  }

  /** @throws StoreError `damaged` when the size of the file differs from the descriptor */
  async openBlob(
    { digest, size }: Descriptor,
    start: number,
    context: ReadContext,
  ): Promise<AsyncIterable<Uint8Array>> {
    const found = await this.#files.size(blobPath(digest));
    if (found !== undefined && found !== size) {
      throw new StoreError('damaged', `${this.#label} has ${found} of the ${size} bytes of blob ${digest}`, {
        detail: { digest },
      });
    }
    const body = await this.#files.open(blobPath(digest), start, context);
    if (body === undefined) throw new RegistryError('BLOB_UNKNOWN', { store: this.#label, digest });
    return body;
  }

  /** The listed images that refer to `subject`, and the entries of an index under the fallback tag. */
  async *referrers(subject: Digest): AsyncGenerator<Descriptor, void, undefined> {
    const { entries } = await this.index();
    const seen = new Set<Digest>();
    const listed = entries.find(({ tag }) => tag === fallbackTag(subject));
    const fallback = listed && (await this.#read(listed.digest));
    for (const digest of [
      ...entries.map((entry) => entry.digest),
      ...(fallback === undefined ? [] : readStoredManifest(fallback.bytes).children.map((child) => child.digest)),
    ]) {
      if (seen.has(digest)) continue;
      seen.add(digest);
      const stored = await this.#read(digest);
      if (stored === undefined) continue;
      const size = stored.bytes.byteLength;
      const referrer = referrerOf(readStoredManifest(stored.bytes), { digest, size });
      if (referrer?.subject === subject) yield referrer.descriptor;
    }
  }

  async #resolve(reference: Reference | undefined): Promise<Digest | undefined> {
    if (reference?.kind === 'digest') return reference.digest;
    const index = await this.index();
    if (reference !== undefined) return index.find(reference.tag)?.digest;
    const { entries } = index;
    const images =
      entries.length > 1
        ? await this.#withoutReferrers(entries.map(({ digest }) => digest))
        : entries.map(({ digest }) => digest);
    return onlyImage(
      this.#label,
      images,
      entries.map(({ name, tag }) => name ?? tag).filter((name) => name !== undefined),
    );
  }

  async #withoutReferrers(digests: readonly Digest[]): Promise<readonly Digest[]> {
    const images: Digest[] = [];
    for (const digest of new Set(digests)) {
      const stored = await this.#read(digest);
      if (stored === undefined || readStoredManifest(stored.bytes).subject === undefined) images.push(digest);
    }
    return images;
  }

  async #read(digest: Digest): Promise<StoredManifest | undefined> {
    const bytes = await this.#files.read(blobPath(digest), MAX_DOCUMENT_BYTES);
    if (bytes === undefined) return undefined;
    if (digestOf(bytes, algorithmOf(digest)) !== digest) {
      throw new StoreError('damaged', `manifest ${digest} in ${this.#label} is damaged`, { detail: { digest } });
    }
    return { digest, mediaType: readStoredManifest(bytes).mediaType, bytes };
  }
}

/** The path of a blob or a manifest in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}
