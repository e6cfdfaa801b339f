import { copy } from '../../client/copy/copy.ts';
import type { CopyOptions, CopyResult } from '../../client/copy/copy-options.ts';
import { formatImageReference, type ImageReference } from '../../client/references/image-reference.ts';
import { parseTag, type Reference } from '../../core/model/reference.ts';
import { type OpenImage, openImage } from '../client/open-image.ts';
import type { ClientRun } from '../client/run-client.ts';
import type { Program } from '../command.ts';
import { progressView, showProgress } from '../progress/show-progress.ts';
import type { TransferRequest } from './transfer-request.ts';

/** From where to where an image goes. */
export interface ImageEnds {
  readonly source: ImageReference;
  readonly target: ImageReference;
}

const LATEST = parseTag('latest');

/**
 * Copies one image, shows how it goes, and prints where it is now: a line, or JSON.
 * @throws CopyError
 */
export async function transferImage(
  { source, target }: ImageEnds,
  request: TransferRequest,
  { program, connections, signal }: ClientRun & { readonly program: Program },
): Promise<void> {
  await using from = await openImage(source, connections);
  const access = request.dryRun ? 'plan' : 'write';
  await using to = await openImage(target, connections, { access, name: nameForDocker(source) });
  const name = wantedName(from, to);
  const images = [{ from: from.reference, to: name }];
  const run = copy(from.store, to.store, { images }, { ...copyOptions(request), signal });
  const result = await showProgress(run, progressView(request.output, program));
  program.print(request.output === 'json' ? `${jsonOf(result)}\n` : resultLines(result, named(target, name)));
}

/** What `docker load` calls an image from a registry. */
function nameForDocker(source: ImageReference): string | undefined {
  if (source.kind === 'store') return source.repository;
  if (source.kind !== 'registry') return undefined;
  const { host, repository } = source;
  return host === 'docker.io' ? repository.replace(/^library\//, '') : `${host}/${repository}`;
}

/** The options of a copy that a command line says. */
export function copyOptions({ platforms, index, referrers, dryRun, window, retries }: TransferRequest): CopyOptions {
  return { platforms, index, referrers, dryRun, window, retries };
}

/** What a copy has done, for programs. */
export function jsonOf({ images, failed, bytes }: CopyResult): string {
  const failures = failed.map(({ name, error }) => ({
    name,
    error: error instanceof Error ? error.message : String(error),
  }));
  return JSON.stringify({ images, failed: failures, bytes });
}

/** What the image is called in the target: as it says, or like the source; untagged where that was asked by digest. */
function wantedName(from: OpenImage, to: OpenImage): Reference | undefined {
  if (to.reference !== undefined) return to.reference;
  if (from.tag !== undefined) return { kind: 'tag', tag: from.tag };
  return from.reference === undefined ? { kind: 'tag', tag: LATEST } : undefined;
}

/** The target with the tag that the image has there. */
function named(target: ImageReference, name: Reference | undefined): ImageReference {
  if (name?.kind !== 'tag') return target;
  return target.kind === 'registry' || target.kind === 'store'
    ? { ...target, tag: name.tag }
    : { ...target, name: target.name ?? name.tag };
}

function resultLines({ images }: CopyResult, target: ImageReference): string {
  return images.map(({ digest }) => `${formatImageReference({ ...target, digest })}\n`).join('');
}
