import { DigestVerifier } from '../../core/digest/digester.ts';
import { type Descriptor, isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { otherBytes } from '../stores/damaged-blob.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { StoreError } from '../stores/store-error.ts';

/** The largest blob that is read into memory; configurations of images are far smaller. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads a small blob and verifies it.
 * @throws StoreError `damaged` when its bytes do not match the descriptor; `unsupported` above 8 MiB
 */
export async function readBlob(store: ObjectStore, blob: Descriptor, context: CallContext): Promise<Buffer> {
  const { digest, size } = blob;
  if (size > MAX_BYTES)
    throw new StoreError('unsupported', `blob ${digest} has ${size} bytes, too many to read at once`);
  const verifier = new DigestVerifier(digest);
  const chunks: Uint8Array[] = [];
  for await (const bytes of await store.openBlob(blob, 0, context)) {
    verifier.update(bytes);
    chunks.push(bytes);
    if (verifier.size > size) break;
  }
  if (verifier.size === size && verifier.verified) return Buffer.concat(chunks);
  throw otherBytes(digest);
}

const CONFIG_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Whether a blob is the configuration of an image. */
export function isConfigType({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return CONFIG_TYPES.has(mediaType);
}

/**
 * Reads the configuration of an image.
 * @returns `undefined` when the blob is not the configuration of an image
 * @throws StoreError as {@link readBlob}
 */
export async function readConfig(
  store: ObjectStore,
  blob: Descriptor | undefined,
  context: CallContext,
): Promise<JsonObject | undefined> {
  if (blob === undefined || !isConfigType(blob)) return undefined;
  const bytes = await readBlob(store, blob, context);
  try {
    const config: unknown = JSON.parse(bytes.toString());
    return isJsonObject(config) ? config : undefined;
  } catch {
    return undefined;
  }
}
