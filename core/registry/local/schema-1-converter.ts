import { inject, injectable, LOGGER } from '../../di.ts';
import { EMPTY_LAYER, fromImage } from '../../manifests/schema-1/from-image.ts';
import { formatSchema1 } from '../../manifests/schema-1/schema-1-manifest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import { RegistryError } from '../../model/errors.ts';
import type { RepositoryName, Tag } from '../../model/reference.ts';
import type { Logger } from '../../ports/logger.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import type { CallContext } from '../call-context.ts';
import type { StoredManifest } from '../manifest-service.ts';

/** In bytes; Docker reads no larger configuration. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** Converts schema 2 images to schema 1, for clients that predate schema 2. */
@injectable()
export class Schema1Converter {
  readonly #blobs: BlobStore;
  readonly #log: Logger;

  constructor(@inject(BlobStore) blobs: BlobStore, @inject(LOGGER) log: Logger) {
    this.#blobs = blobs;
    this.#log = log;
  }

  /**
   * Converts an image to schema 1, without signing it. Three driver calls; an image with build steps that changed no
   * file costs two more the first time, for the empty layer that represents them in schema 1.
   * @throws RegistryError `MANIFEST_UNKNOWN` when the configuration is missing or is not that of an image
   */
  async convert(name: RepositoryName, tag: Tag, image: StoredManifest, context: CallContext = {}): Promise<Buffer> {
    const [config, ...layers] = readStoredManifest(image.bytes).blobs;
    const found = config && (await this.#blobs.find(name, config.digest, context));
    const bytes =
      found && found.size <= MAX_CONFIG_BYTES ? await this.#blobs.readSmall(found.digest, found.size) : undefined;
    if (bytes === undefined) throw unconvertible(name, tag, 'the configuration is missing or too large');
    const digests = layers.map(({ digest }) => digest);
    try {
      const manifest = fromImage({ name, tag, config: bytes, layers: digests });
      if (manifest.fsLayers.some(({ blobSum }) => blobSum === EMPTY_LAYER.digest))
        await this.#addEmptyLayer(name, context);
      return formatSchema1(manifest);
    } catch (error) {
      if (error instanceof TypeError) throw unconvertible(name, tag, error.message);
      throw error;
    }
  }

  /**
   * Stores the empty layer, as distribution does. A read-only storage may lack it; the other layers can still be
   * pulled.
   */
  async #addEmptyLayer(name: RepositoryName, context: CallContext): Promise<void> {
    const { digest, bytes } = EMPTY_LAYER;
    if ((await this.#blobs.find(name, digest, context)) !== undefined) return;
    try {
      await this.#blobs.publish(name, digest, { bytes });
    } catch (error) {
      this.#log.warn({ err: error, repository: name }, 'the empty layer that schema 1 needs cannot be stored');
    }
  }
}

function unconvertible(name: RepositoryName, tag: Tag, reason: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', {
    name,
    reference: tag,
    reason: `the image cannot be converted to schema 1: ${reason}`,
  });
}
