import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { manifestPath, uploadsPath, withQuery } from '../bench/paths.ts';
import { BlockedCheck } from '../verdicts.ts';
import { type Content, describe, randomContent, randomTag } from './content.ts';
import {
  IMAGE_CONFIG,
  IMAGE_LAYER,
  type ImageContents,
  imageConfig,
  imageManifest,
  type Manifest,
} from './manifests.ts';

/** The target of a push. Default: the shared repository. */
interface Place {
  readonly repository?: string;
}

/** A manifest that the registry has. */
export interface PushedManifest extends Manifest {
  readonly repository: string;
  /** `undefined` if it was pushed by its digest. */
  readonly tag: string | undefined;
}

/** An image that the registry has. */
export interface PushedImage extends PushedManifest {
  readonly tag: string;
  readonly config: Content;
  readonly layer: Content;
}

/** @throws BlockedCheck unless the status is one of these: the check has not reached its rule yet */
export function requireStatus(answer: Answer, what: string, ...statuses: readonly number[]): void {
  if (!statuses.includes(answer.status))
    throw new BlockedCheck(`${what} was answered with ${answer.status}, not ${statuses.join(' or ')}`, answer.exchange);
}

/** Begins an upload. @returns its URL. @throws BlockedCheck */
export async function beginUpload(bench: Bench, { repository = bench.repository }: Place = {}): Promise<string> {
  const answer = await bench.post(uploadsPath(repository));
  requireStatus(answer, 'the start of an upload', 202);
  return answer.location();
}

/** Pushes a blob by POST and PUT. @throws BlockedCheck */
export async function pushBlob(
  bench: Bench,
  blob: Content = randomContent(1024),
  { repository = bench.repository }: Place = {},
): Promise<Content> {
  const upload = await beginUpload(bench, { repository });
  const answer = await bench.put(withQuery(upload, { digest: blob.digest }), { body: blob.bytes, repository });
  requireStatus(answer, 'the push of a blob', 201);
  return blob;
}

/** Pushes a manifest whose content exists, by tag or otherwise by digest. @throws BlockedCheck */
export async function pushManifest(
  bench: Bench,
  manifest: Manifest,
  { repository = bench.repository, tag }: Place & { readonly tag?: string | undefined } = {},
): Promise<PushedManifest> {
  const answer = await putManifest(bench, manifest, { repository, reference: tag ?? manifest.digest });
  requireStatus(answer, 'the push of a manifest', 201);
  return { ...manifest, repository, tag };
}

/** Puts a manifest. @returns the answer, whatever its status */
export async function putManifest(
  bench: Bench,
  { bytes, mediaType, digest }: Manifest,
  { repository = bench.repository, reference = digest }: Place & { readonly reference?: string } = {},
): Promise<Answer> {
  return bench.put(manifestPath(repository, reference), { headers: { 'content-type': mediaType }, body: bytes });
}

/** Pushes an image of one layer under a tag. @throws BlockedCheck */
export async function pushImage(
  bench: Bench,
  {
    repository = bench.repository,
    tag = randomTag(),
    ...contents
  }: Place & { readonly tag?: string } & Omit<ImageContents, 'config' | 'layers'> = {},
): Promise<PushedImage> {
  const [config, layer] = await Promise.all([
    pushBlob(bench, imageConfig(), { repository }),
    pushBlob(bench, randomContent(1024), { repository }),
  ]);
  const manifest = imageManifest({
    ...contents,
    config: describe(config, IMAGE_CONFIG),
    layers: [describe(layer, IMAGE_LAYER)],
  });
  return { ...(await pushManifest(bench, manifest, { repository, tag })), tag, config, layer };
}
