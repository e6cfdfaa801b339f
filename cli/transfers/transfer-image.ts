import { copy } from '../../client/copy/copy.ts';
import type { CopyOptions, CopyResult } from '../../client/copy/copy-options.ts';
import type { SelectedImage } from '../../client/copy/selection.ts';
import { isSameName } from '../../client/references/image-names.ts';
import { formatImageReference, type ImageReference } from '../../client/references/image-reference.ts';
import type { ImageName } from '../../client/stores/object-store.ts';
import { parseTag, type Reference } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { type OpenImage, openImage } from '../client/open-image.ts';
import type { ClientRun } from '../client/run-client.ts';
import type { Program } from '../command.ts';
import { progressView, showProgress } from '../progress/show-progress.ts';
import type { TransferRequest } from './transfer-request.ts';

/** From where to where an image goes. */
export interface ImageEnds {
  readonly source: ImageReference;
  readonly target: ImageReference;
  /** What the user calls the source, where it is not its reference. */
  readonly sourceLabel?: string | undefined;
}

/** What a dry run says besides its result, which names what would be there. */
export const NOTHING_COPIED = 'a dry run: nothing was copied';

const LATEST = parseTag('latest');

/**
 * Copies one image, shows how it goes, and prints where it is now: a line, or JSON.
 * @throws CopyError
 */
export async function transferImage(
  { source, target, sourceLabel }: ImageEnds,
  request: TransferRequest,
  { program, connections, signal }: ClientRun & { readonly program: Program },
): Promise<void> {
  await using from = await openImage(source, connections, { label: sourceLabel, signal });
  const access = request.dryRun ? 'plan' : 'write';
  await using to = await openImage(target, connections, { access, name: nameForDocker(source) });
  const images = await wantedImages(from, to, { signal });
  const run = copy(from.store, to.store, { images }, { ...copyOptions(request), signal });
  const result = await showProgress(run, progressView(request.output, program));
  if (request.dryRun) program.note(NOTHING_COPIED);
  program.print(request.output === 'json' ? `${jsonOf(result, request)}\n` : resultLines(result, { target, images }));
}

/** What `docker load` calls the images of a source, without their tags. */
export function nameForDocker(source: ImageReference): string | undefined {
  if (source.kind === 'store') return source.repository;
  if (source.kind !== 'registry') {
    const colon = source.name?.lastIndexOf(':') ?? -1;
    return colon < 0 ? undefined : source.name?.slice(0, colon);
  }
  const { host, repository } = source;
  return host === 'docker.io' ? repository.replace(/^library\//, '') : `${host}/${repository}`;
}

/** The options of a copy that a command line says. */
export function copyOptions({ platforms, index, referrers, dryRun, window, retries }: TransferRequest): CopyOptions {
  return { platforms, index, referrers, dryRun, window, retries };
}

/** What a copy has done, for programs. */
export function jsonOf({ images, failed, bytes }: CopyResult, { dryRun }: Pick<TransferRequest, 'dryRun'>): string {
  const failures = failed.map(({ name, error }) => ({
    name,
    error: error instanceof Error ? error.message : String(error),
  }));
  return JSON.stringify({ images, failed: failures, bytes, ...(dryRun === true && { dryRun }) });
}

/** The image under the name that the target says; without one, it keeps all whole names that it has in a folder or archive. */
async function wantedImages(from: OpenImage, to: OpenImage, context: CallContext): Promise<readonly SelectedImage[]> {
  const isNamed = to.reference !== undefined || to.store.keepsNames !== true;
  const names = isNamed ? [] : await namesOf(from, context);
  if (names.length === 0) return [{ from: from.reference, to: wantedName(from, to), name: to.name }];
  return names.map(({ name, tag }) => ({ from: from.reference, to: { kind: 'tag', tag }, name }));
}

/** The whole names by which an image was selected, or all that it has when none was said. */
async function namesOf(
  { store, reference, name, tag }: OpenImage,
  context: CallContext,
): Promise<readonly ImageName[]> {
  if (store.names === undefined || (reference?.kind === 'digest' && name === undefined)) return [];
  const { digest } = await store.manifest(reference, context);
  const names: ImageName[] = [];
  for await (const each of store.names(context)) {
    const isMeant = (tag === undefined || each.tag === tag) && (name === undefined || isSameName(each.name, name));
    if (isMeant && each.digest === digest) names.push(each);
  }
  return names;
}

/** What the image is called in the target: as it says, or like the source; untagged where that was asked by digest. */
function wantedName(from: OpenImage, to: OpenImage): Reference | undefined {
  if (to.reference !== undefined) return to.reference;
  if (from.tag !== undefined) return { kind: 'tag', tag: from.tag };
  return from.reference === undefined ? { kind: 'tag', tag: LATEST } : undefined;
}

interface CopiedTo {
  readonly target: ImageReference;
  readonly images: readonly SelectedImage[];
}

function resultLines({ images: copied }: CopyResult, { target, images }: CopiedTo): string {
  return copied.map(({ digest }, at) => `${formatImageReference({ ...named(target, images[at]), digest })}\n`).join('');
}

/** The target with the name that the image has there. */
function named(target: ImageReference, { to, name }: SelectedImage = {}): ImageReference {
  if (to?.kind !== 'tag') return target;
  return target.kind === 'registry' || target.kind === 'store'
    ? { ...target, tag: to.tag }
    : { ...target, name: target.name ?? name ?? to.tag };
}
