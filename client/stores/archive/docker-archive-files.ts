import { type Digest, digestOf, isDigest } from '../../../core/digest/digest.ts';
import { Digester } from '../../../core/digest/digester.ts';
import { isJsonObject } from '../../../core/model/descriptor.ts';
import { OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import { MAX_DOCUMENT_BYTES } from '../../max-document-bytes.ts';
import type { LayoutFiles } from '../layout/layout-files.ts';
import { blobPath } from '../layout/layout-reader.ts';
import type { ReadContext } from '../object-store.ts';
import { StoreError } from '../store-error.ts';

const MAX_LAYERS = 1000;
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

/** A blob of the archive, with the name of its file. */
interface ArchivedBlob {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** The file of a layer. */
interface PackedLayer {
  /** The suffix of its media type; empty without compression. */
  readonly suffix: string;
  readonly size: number;
  /** Computed if the layer is compressed, because the configuration has the digest of the uncompressed content. */
  readonly digest?: Digest;
}

/**
 * An archive of `docker save` before Docker 25, of `podman save` or skopeo, presented as an OCI image layout: it has no
 * manifests, so one is generated for each image. Layers stay as they are, usually uncompressed.
 */
export class DockerArchiveFiles implements LayoutFiles {
  readonly #files: LayoutFiles;
  readonly #label: string;
  /** The generated documents. */
  readonly #made = new Map<string, Buffer>();
  /** The path of each blob in the archive. */
  readonly #paths = new Map<string, string>();

  /** The layers that were read, by path in the archive. */
  readonly #packed = new Map<string, PackedLayer>();

  private constructor(files: LayoutFiles, label: string) {
    this.#files = files;
    this.#label = label;
  }

  /** @throws StoreError `invalid`, `damaged` */
  static async open(files: LayoutFiles, label: string, context: CallContext): Promise<DockerArchiveFiles> {
    const archive = new DockerArchiveFiles(files, label);
    await archive.#readImages(context);
    return archive;
  }

  async read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    return this.#made.get(path) ?? this.#files.read(this.#paths.get(path) ?? path, maxBytes);
  }

  async size(path: string): Promise<number | undefined> {
    return this.#made.get(path)?.byteLength ?? this.#files.size(this.#paths.get(path) ?? path);
  }

  async open(path: string, start: number, context: ReadContext): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#files.open(this.#paths.get(path) ?? path, start, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }

  async #readImages(context: CallContext): Promise<void> {
    const images = await this.#document('manifest.json');
    if (!Array.isArray(images)) throw this.#invalid('manifest.json lists no images');
    const entries: object[] = [];
    for (const image of images as unknown[]) {
      const descriptor = await this.#readImage(image, context);
      const names = isJsonObject(image) && Array.isArray(image['RepoTags']) ? (image['RepoTags'] as unknown[]) : [];
      const tags = names.filter((name) => typeof name === 'string');
      for (const name of tags)
        entries.push({ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': name } });
      if (tags.length === 0) entries.push(descriptor);
    }
    this.#made.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
    this.#made.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: entries })));
  }

  async #readImage(image: unknown, context: CallContext): Promise<ArchivedBlob> {
    const { Config: configPath, Layers: layerPaths } = isJsonObject(image) ? image : {};
    if (typeof configPath !== 'string' || !isTexts(layerPaths) || layerPaths.length > MAX_LAYERS) {
      throw this.#invalid('manifest.json has an image without configuration or layers');
    }
    const bytes = await this.#files.read(configPath, MAX_DOCUMENT_BYTES);
    if (bytes === undefined) throw this.#invalid(`it lacks the configuration ${configPath}`);
    const config = { mediaType: CONFIG_TYPE, digest: digestOf(bytes), size: bytes.byteLength };
    this.#paths.set(blobPath(config.digest), configPath);
    const document = await this.#document(configPath);
    if (!isJsonObject(document)) throw this.#invalid(`${configPath} is not a configuration`);
    const { rootfs } = document;
    const diffIds = isJsonObject(rootfs) ? (rootfs['diff_ids'] ?? []) : [];
    if (!isTexts(diffIds) || diffIds.length !== layerPaths.length) {
      throw this.#invalid(`${configPath} and manifest.json have different numbers of layers`);
    }
    const layers: ArchivedBlob[] = [];
    for (const [index, path] of layerPaths.entries()) {
      const packed = await this.#packedLayer(path, context);
      layers.push(this.#layer(path, diffIds[index] ?? '', packed));
    }
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_IMAGE_MANIFEST, config, layers }));
    const digest = digestOf(manifest);
    this.#made.set(blobPath(digest), manifest);
    return { mediaType: OCI_IMAGE_MANIFEST, digest, size: manifest.byteLength };
  }

  /** The configuration has the digests of the uncompressed layers. */
  #layer(path: string, diffId: string, { suffix, size, digest: computed }: PackedLayer): ArchivedBlob {
    const digest: string = computed ?? diffId;
    if (!isDigest(digest)) throw this.#invalid(`the configuration has no digest for the layer ${path}`);
    this.#paths.set(blobPath(digest), path);
    return { mediaType: `${LAYER_TYPE}${suffix}`, digest, size };
  }

  /** Examines the file of a layer; images share layers, and each is read once. */
  async #packedLayer(path: string, context: CallContext): Promise<PackedLayer> {
    const known = this.#packed.get(path);
    if (known !== undefined) return known;
    const size = await this.#files.size(path);
    const body = await this.#files.open(path, 0, { ...context, isReused: true });
    if (size === undefined || body === undefined) throw this.#invalid(`it lacks the layer ${path}`);
    let suffix: string | undefined;
    const digester = new Digester();
    for await (const bytes of body) {
      context.signal?.throwIfAborted();
      suffix ??= compressionOf(bytes);
      if (suffix === '') break;
      digester.update(bytes);
    }
    const layer = { suffix: suffix ?? '', size, ...(suffix ? { digest: digester.digest() } : {}) };
    this.#packed.set(path, layer);
    return layer;
  }

  async #document(path: string): Promise<unknown> {
    const bytes = await this.#files.read(path, MAX_DOCUMENT_BYTES);
    if (bytes === undefined) throw this.#invalid(`it has neither index.json nor ${path}`);
    try {
      return JSON.parse(bytes.toString());
    } catch (cause) {
      throw new StoreError('invalid', `${path} of ${this.#label} is not JSON`, { cause });
    }
  }

  #invalid(reason: string): StoreError {
    return new StoreError('invalid', `${this.#label} is not an archive of images: ${reason}`);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function compressionOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return '+gzip';
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd ? '+zstd' : '';
}
