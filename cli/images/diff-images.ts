import { platformText } from '../../client/copy/platform-text.ts';
import { readConfig } from '../../client/copy/read-blob.ts';
import type { WantedPlatform } from '../../client/copy/selection.ts';
import { formatImageReference, parseImageReference } from '../../client/references/image-reference.ts';
import type { JsonObject } from '../../core/model/descriptor.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { type OpenImage, openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import type { ChangedFile } from './compare-files.ts';
import { type ComparedImage, compareImages, type ImageDifference, layersOf } from './compare-images.ts';
import { compareIndexes, type IndexDifference } from './compare-indexes.ts';
import { differenceText, indexDifferenceText } from './difference-text.ts';
import { readImage } from './read-image.ts';
import { readableManifest } from './readable-manifest.ts';

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

/** One side of a comparison. */
interface Side {
  readonly open: OpenImage;
  /** What the user calls it. */
  readonly name: string;
  /** What the name stands for, or the image of the platform that was asked for. */
  readonly stored: StoredManifest;
}

/** What is compared of an index with an image that does not say what it runs on. */
const DEFAULT_PLATFORM: WantedPlatform = { os: 'linux', architecture: 'amd64' };

/**
 * Prints what differs between two images. Two indexes are compared platform by platform unless one is named. Of an index and
 * an image, the image for the same platform is compared, and standard error says so.
 * @returns 6 when they differ and the exit code shall say so
 * @throws UsageError when files of whole indexes would be compared
 */
export async function run(request: DiffRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    const [first, second] = [parseImageReference(request.first), parseImageReference(request.second)];
    await using one = await openImage(first, connections, { signal });
    await using other = await openImage(second, connections, { signal });
    const context = { signal };
    const ours = {
      open: one,
      name: formatImageReference(first),
      stored: await readImage(one, request.platform, context),
    };
    const theirs = {
      open: other,
      name: formatImageReference(second),
      stored: await readImage(other, request.platform, context),
    };
    const { difference, text } =
      isIndex(ours) && isIndex(theirs)
        ? await diffIndexes([ours, theirs], request, context)
        : await diffImages([ours, theirs], { request, program }, context);
    program.print(request.json ? `${JSON.stringify(difference)}\n` : text);
    return request.exitCode && difference.first !== difference.second ? 6 : 0;
  });
}

interface Difference {
  readonly difference: ImageDifference | IndexDifference;
  readonly text: string;
}

async function diffIndexes(
  [ours, theirs]: readonly [Side, Side],
  { files }: DiffRequest,
  context: CallContext,
): Promise<Difference> {
  if (files) throw new UsageError('--files compares two images; --platform says which of these indexes');
  const first = { store: ours.open.store, stored: ours.stored };
  const second = { store: theirs.open.store, stored: theirs.stored };
  const difference = await compareIndexes(first, second, context);
  return { difference, text: indexDifferenceText({ first: ours.name, second: theirs.name }, difference) };
}

async function diffImages(
  [ours, theirs]: readonly [Side, Side],
  { request, program }: { readonly request: DiffRequest; readonly program: Program },
  context: CallContext,
): Promise<Difference> {
  const [index, image] = isIndex(ours) ? [ours, theirs] : [theirs, ours];
  const platform = isIndex(index) ? wantedPlatform((await configOf(image, context)) ?? {}) : undefined;
  if (platform !== undefined) {
    program.note(`${index.name} is an index; its image for ${platformText(platform)} is compared`);
  }
  const [first, second] = [await compared(ours, platform, context), await compared(theirs, platform, context)];
  const difference = compareImages(first, second);
  const files = request.files ? await filesOf([ours.open, first], [theirs.open, second], context) : undefined;
  const names = { first: ours.name, second: theirs.name };
  return { difference: { ...difference, ...(files && { files }) }, text: differenceText(names, difference, files) };
}

function isIndex({ stored }: Side): boolean {
  return isIndexType(stored.mediaType);
}

async function compared(
  side: Side,
  platform: WantedPlatform | undefined,
  context: CallContext,
): Promise<ComparedImage> {
  const stored = isIndex(side) ? await readImage(side.open, platform, context) : side.stored;
  return { stored, config: await configOf({ ...side, stored }, context) };
}

async function configOf({ open, stored }: Side, context: CallContext): Promise<JsonObject | undefined> {
  const [config] = readableManifest(stored).blobs;
  return await readConfig(open.store, config, context);
}

function wantedPlatform({ os, architecture, variant }: JsonObject): WantedPlatform {
  if (typeof os !== 'string' || typeof architecture !== 'string') return DEFAULT_PLATFORM;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) };
}

async function filesOf(
  [one, first]: readonly [OpenImage, ComparedImage],
  [other, second]: readonly [OpenImage, ComparedImage],
  context: CallContext,
): Promise<ChangedFile[]> {
  const { changedFiles } = await import('./changed-files.ts');
  const [ours, theirs] = [layersOf(first), layersOf(second)];
  return await changedFiles({ store: one.store, layers: ours }, { store: other.store, layers: theirs }, context);
}
