import { choosePlatforms } from '../../client/copy/choose-platforms.ts';
import type { WantedPlatform } from '../../client/copy/selection.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { OpenImage } from '../client/open-image.ts';

/**
 * The manifest of an image; with a platform, that of its image for it.
 * @throws CopyError `platform` when the index has no image for the platform
 */
export async function readImage(
  { store, reference }: OpenImage,
  platform: WantedPlatform | undefined,
  context: CallContext,
): Promise<StoredManifest> {
  const stored = await store.manifest(reference, context);
  if (platform === undefined) return stored;
  const { root } = await choosePlatforms(store, stored, { platforms: [platform], index: 'image' }, context);
  return root;
}
