import { platformText } from '../../client/copy/platform-text.ts';
import { readConfig } from '../../client/copy/read-blob.ts';
import type { ObjectStore } from '../../client/stores/object-store.ts';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { type Descriptor, isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { indexEntries } from './index-entries.ts';
import { readableManifest } from './readable-manifest.ts';

/** An image of an index. */
export interface PlatformSummary {
  /** `unknown/unknown` for attestations of BuildKit. */
  readonly platform: string | undefined;
  readonly digest: Digest;
  /** Bytes of its configuration and layers; absent where its manifest could not be read. */
  readonly size?: number;
  readonly layers?: number;
  /** Of an index in the index: how many images it lists. */
  readonly images?: number;
}

/** What there is to know of an image at a glance. */
export interface ImageSummary {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Of an index. */
  readonly platforms?: readonly PlatformSummary[];
  /** Of an image: what it runs on. */
  readonly platform?: string | undefined;
  /** As its configuration says. */
  readonly created?: string | undefined;
  /** Bytes of its configuration and layers. */
  readonly size?: number;
  readonly layers?: readonly Descriptor[];
  /** How it is run: user, command, variables, labels and the rest of its configuration. */
  readonly config?: JsonObject | undefined;
  /** Of its whole configuration, which `config` is a part of. */
  readonly configDigest?: Digest | undefined;
  /** The digests of its layers without compression, as its configuration has them. */
  readonly rootfs?: unknown;
  /** How each layer was made, as its configuration has it. */
  readonly history?: unknown;
  /** What refers to it. */
  readonly referrers: readonly Descriptor[];
}

/** More images than any index has; a hostile one costs no more than these. */
const MAX_PLATFORMS = 100;
const READS_AT_A_TIME = 4;
const MAX_REFERRERS = 1000;

/**
 * Sums up a manifest: of an image with its configuration, of an index with the sizes of its images.
 * @throws RegistryError `MANIFEST_INVALID` for one that cannot be read, also of an image of an index
 */
export async function summarize(
  store: ObjectStore,
  stored: StoredManifest,
  context: CallContext,
): Promise<ImageSummary> {
  const { annotations, artifactType, blobs } = readableManifest(stored);
  const { digest, mediaType } = stored;
  const referrers = await referrersOf(store, digest, context);
  if (isIndexType(mediaType)) {
    return { digest, mediaType, annotations, platforms: await platformsOf(store, stored, context), referrers };
  }
  const [config, ...layers] = blobs;
  const document = await readConfig(store, config, context);
  return {
    digest,
    mediaType,
    artifactType: document === undefined ? artifactType : undefined,
    annotations,
    platform: platformText(document),
    created: typeof document?.['created'] === 'string' ? document['created'] : undefined,
    size: sizeOf(blobs),
    layers,
    config: isJsonObject(document?.['config']) ? document['config'] : undefined,
    configDigest: document === undefined ? undefined : config?.digest,
    rootfs: document?.['rootfs'],
    history: document?.['history'],
    referrers,
  };
}

async function platformsOf(
  store: ObjectStore,
  { bytes }: StoredManifest,
  context: CallContext,
): Promise<PlatformSummary[]> {
  return await mapConcurrently(indexEntries(bytes).slice(0, MAX_PLATFORMS), READS_AT_A_TIME, async (entry) => {
    const { digest, platform } = entry;
    // An index may list images that were not copied with it.
    if (!(await store.hasManifest(digest, context))) return { platform, digest };
    const child = await store.manifest({ kind: 'digest', digest }, context);
    const { blobs, children } = readableManifest(child);
    if (isIndexType(child.mediaType)) return { platform, digest, images: children.length };
    return { platform, digest, size: sizeOf(blobs), layers: Math.max(0, blobs.length - 1) };
  });
}

async function referrersOf(store: ObjectStore, digest: Digest, context: CallContext): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for await (const each of store.referrers(digest, context)) {
    found.push(each);
    if (found.length === MAX_REFERRERS) break;
  }
  return found;
}

function sizeOf(blobs: readonly Descriptor[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
