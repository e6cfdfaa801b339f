import type { Digest } from '../../core/digest/digest.ts';
import { isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { CopyError } from './copy-error.ts';
import type { CopyOptions } from './copy-options.ts';
import { indexEntries, withEntries } from './index-entries.ts';
import { platformText } from './platform-text.ts';
import { readConfig } from './read-blob.ts';
import { readManifest } from './read-manifest.ts';
import type { WantedPlatform } from './selection.ts';

/** The content of a copy of only some platforms of an image. */
export interface ChosenImage {
  readonly root: StoredManifest;
  /** Which children of the root are copied; all unless given. */
  readonly wanted?: ReadonlySet<Digest>;
  /** Why the root is not the requested manifest, if it is another one. */
  readonly reason?: string;
}

const CHOSEN = 'platforms were chosen';

/** The annotation by which a manifest of BuildKit refers to another one of the same index. */
const ABOUT = 'vnd.docker.reference.digest';

/**
 * Chooses platforms of an image.
 * @throws CopyError `platform` when the image lacks one of them; `selection` when they cannot replace an index
 */
export async function choosePlatforms(
  source: ObjectStore,
  stored: StoredManifest,
  { platforms, index }: Pick<CopyOptions, 'platforms' | 'index'>,
  context: CallContext,
): Promise<ChosenImage> {
  if (platforms === undefined || platforms.length === 0) return { root: stored };
  const manifest = readManifest(stored);
  if (!isIndexType(manifest.mediaType)) {
    await checkPlatform(source, stored, platforms, context);
    return { root: stored };
  }
  const entries = indexEntries(stored, manifest);
  const chosen = platforms.map((platform) => {
    const found = entries.filter(({ entry }) => runsOn(entry['platform'], platform));
    if (found.length > 0) return found;
    const known = entries.map(({ entry }) => platformText(entry['platform'])).filter((text) => text !== undefined);
    throw new CopyError('platform', `there is no image for ${wantedText(platform)}; available are ${known.join(', ')}`);
  });
  const images = new Set(chosen.flat().map(({ digest }) => digest));
  if ((index ?? (platforms.length === 1 ? 'image' : 'sparse')) === 'image') {
    const [first] = images;
    if (platforms.length > 1 || first === undefined) {
      throw new CopyError('selection', 'an index can be replaced only by the image of a single platform');
    }
    return { root: await source.manifest({ kind: 'digest', digest: first }, context), reason: CHOSEN };
  }
  const kept = entries.filter(({ entry, digest }) => images.has(digest) || isAbout(entry, images));
  const wanted = new Set(kept.map(({ digest }) => digest));
  if (index !== 'rewrite') return { root: stored, wanted };
  return { root: withEntries(stored, kept), wanted, reason: CHOSEN };
}

function isAbout({ annotations }: JsonObject, images: ReadonlySet<string>): boolean {
  return isJsonObject(annotations) && images.has(annotations[ABOUT] as string);
}

/** The configuration of an image outside an index states its platform; content that is not an image has no platform. */
async function checkPlatform(
  source: ObjectStore,
  stored: StoredManifest,
  platforms: readonly WantedPlatform[],
  context: CallContext,
): Promise<void> {
  const config = readManifest(stored).references.find(({ at }) => at === 'config')?.descriptor;
  const platform = await readConfig(source, config, context);
  if (platform === undefined || platforms.some((wanted) => runsOn(platform, wanted))) return;
  const wanted = platforms.map(wantedText).join(' or ');
  throw new CopyError(
    'platform',
    `the image is for ${platformText(platform) ?? 'an unknown platform'}, not for ${wanted}`,
  );
}

function runsOn(platform: unknown, { os, architecture, variant }: WantedPlatform): boolean {
  if (!isJsonObject(platform) || platform['os'] !== os || platform['architecture'] !== architecture) return false;
  if (variant === undefined) return true;
  // The first 64-bit ARM is v8, and most indexes omit it.
  return (platform['variant'] ?? (architecture === 'arm64' ? 'v8' : undefined)) === variant;
}

function wantedText({ os, architecture, variant }: WantedPlatform): string {
  return [os, architecture, variant].filter((part) => part !== undefined).join('/');
}
