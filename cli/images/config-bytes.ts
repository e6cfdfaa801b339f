import { isConfigType, readBlob } from '../../client/copy/read-blob.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { UsageError } from '../usage-error.ts';
import { readableManifest } from './readable-manifest.ts';

/**
 * The configuration of an image, exactly as it is stored, which its digest names.
 * @throws UsageError for what has none: an index, an artifact
 * @throws StoreError `damaged`, `unsupported`
 */
export async function configBytes(store: ObjectStore, stored: StoredManifest, context: CallContext): Promise<Buffer> {
  if (isIndexType(stored.mediaType))
    throw new UsageError('an index has no configuration; --platform says of which of its images it is wanted');
  const [config] = readableManifest(stored).blobs;
  if (config !== undefined && isConfigType(config)) return await readBlob(store, config, context);
  throw new UsageError(`${stored.digest} is no image with a configuration; "stowage blob" prints what an artifact has`);
}
