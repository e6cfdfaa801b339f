import { readConfig } from '../../client/copy/read-blob.ts';
import type { WantedPlatform } from '../../client/copy/selection.ts';
import { formatImageReference, parseImageReference } from '../../client/references/image-reference.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { type OpenImage, openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { type ChangedFile, compareFiles } from './compare-files.ts';
import { type ComparedImage, compareImages, type ImageDifference } from './compare-images.ts';
import { differenceText } from './difference-text.ts';
import { readImage } from './read-image.ts';

/** `stowage diff`: shows what differs between two images. */
export interface DiffRequest {
  readonly kind: 'diff';
  readonly first: string;
  readonly second: string;
  readonly platform: WantedPlatform | undefined;
  /** Whether files are compared. */
  readonly files: boolean;
  /** Whether the exit code says if they differ. */
  readonly exitCode: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/** What is compared of images for several platforms, unless another one is named. */
const DEFAULT_PLATFORM: WantedPlatform = { os: 'linux', architecture: 'amd64' };

/**
 * Prints what differs between two images.
 * @returns 6 when they differ and the exit code shall say so
 */
export async function run(request: DiffRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    const [first, second] = [parseImageReference(request.first), parseImageReference(request.second)];
    await using one = await openImage(first, connections);
    await using other = await openImage(second, connections);
    const ours = await read(one, request, { signal });
    const theirs = await read(other, request, { signal });
    const difference = compareImages(ours, theirs);
    const files = request.files ? await changedFiles([one, other], difference, { signal }) : undefined;
    const names = { first: formatImageReference(first), second: formatImageReference(second) };
    program.print(
      request.json ? `${JSON.stringify({ ...difference, files })}\n` : differenceText(names, difference, files),
    );
    return request.exitCode && difference.first !== difference.second ? 6 : 0;
  });
}

async function read(open: OpenImage, { platform }: DiffRequest, context: CallContext): Promise<ComparedImage> {
  const given = await readImage(open, platform, context);
  const stored = isIndexType(given.mediaType) ? await readImage(open, DEFAULT_PLATFORM, context) : given;
  const [config] = readStoredManifest(stored.bytes).blobs;
  return { stored, config: await readConfig(open.store, config, context) };
}

async function changedFiles(
  [one, other]: readonly [OpenImage, OpenImage],
  { layers }: ImageDifference,
  context: CallContext,
): Promise<ChangedFile[]> {
  const { layerFiles } = await import('./layer-files.ts');
  return compareFiles(
    await layerFiles(one.store, layers.onlyFirst, context),
    await layerFiles(other.store, layers.onlySecond, context),
  );
}
