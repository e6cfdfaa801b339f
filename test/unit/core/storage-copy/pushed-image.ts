import type { Digest } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';

export const REPOSITORY = name('team/app');

/** Pushes an image whose only layer has these bytes, and returns its digest. */
export async function pushImage({ layers, manifests }: CoreParts, tag: string, layer: Buffer): Promise<Digest> {
  const config = Buffer.from(JSON.stringify({ tag }));
  for (const blob of [config, layer]) await pushBlob(layers, REPOSITORY, blob);
  const bytes = imageManifest({ config: descriptorOf(config), layers: [descriptorOf(layer)] });
  return (await manifests.put(REPOSITORY, tagged(tag), { bytes, contentType: undefined })).digest;
}

/** The bytes of a text. */
export const text = (content: string): Buffer => Buffer.from(content);

/** What a tag points to; `undefined` if it cannot be pulled. */
export async function digestOfTag(driver: StorageDriver, tag: string): Promise<string | undefined> {
  const { manifests } = composeCore(driver);
  return (await manifests.get(REPOSITORY, tagged(tag)).catch(() => undefined))?.digest;
}
