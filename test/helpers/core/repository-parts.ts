import type { CompletionOptions } from '../../../core/admin/completion.ts';
import { RepositoryChanger, type WantedChange } from '../../../core/admin/repository-changer.ts';
import { digestOf } from '../../../core/digest/digest.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';
import type { ChangeCount } from '../../../core/storage/changes/repository-change.ts';
import { descriptorOf, imageIndex, imageManifest, pushBlob, reference, tagged } from '../content/registry-content.ts';
import type { CoreParts } from './core-parts.ts';

const EMPTY = Buffer.from('{}');

/** Completes changes without waiting for other processes. */
export const AT_ONCE: CompletionOptions = { signal: new AbortController().signal, wait: async () => undefined };

/** Announces a change and completes it. */
export async function changeNow(core: CoreParts, wanted: WantedChange): Promise<ChangeCount> {
  const changer = core.container.get(RepositoryChanger);
  return changer.complete(await changer.announce(wanted), AT_ONCE);
}

/** An image with one layer. */
export function image(layer: Buffer, others: Record<string, unknown> = {}): Buffer {
  return imageManifest({ config: descriptorOf(EMPTY), layers: [descriptorOf(layer)], ...others });
}

/** Pushes an image with its blobs under a tag. */
export async function pushImage(
  { layers, manifests }: CoreParts,
  name: RepositoryName,
  { tag, layer, others }: { readonly tag: string; readonly layer: string; readonly others?: Record<string, unknown> },
): Promise<Buffer> {
  const content = Buffer.from(layer);
  for (const bytes of [EMPTY, content]) await pushBlob(layers, name, bytes);
  const bytes = image(content, others);
  await manifests.put(name, tagged(tag), { bytes, contentType: undefined });
  return bytes;
}

/** Two tags, an index without a tag, an image with another digest, and a referrer. */
export async function fillRepository(core: CoreParts, name: RepositoryName): Promise<readonly Buffer[]> {
  const one = await pushImage(core, name, { tag: 'v1', layer: 'one' });
  const two = await pushImage(core, name, { tag: 'v2', layer: 'two' });
  await core.manifests.put(name, tagged('latest'), { bytes: one, contentType: undefined });
  await core.manifests.put(name, tagged('latest'), { bytes: two, contentType: undefined });
  const subject = { ...descriptorOf(one), mediaType: 'application/vnd.oci.image.manifest.v1+json' };
  const signature = await pushImage(core, name, { tag: 'sig', layer: 'signature', others: { subject } });
  const index = imageIndex([{ ...descriptorOf(one), mediaType: subject.mediaType }]);
  await core.manifests.put(name, reference(digestOf(index)), { bytes: index, contentType: undefined });
  const sha512 = digestOf(two, 'sha512');
  await core.manifests.put(name, reference(sha512), { bytes: two, contentType: undefined });
  return [one, two, signature, index];
}
