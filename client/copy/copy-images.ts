import type { Digest } from '../../core/digest/digest.ts';
import { BlobTransfer, type BlobTransferDependencies } from './blob-transfer.ts';
import { CopyError } from './copy-error.ts';
import type { CopiedImage, CopyOptions, CopyResult } from './copy-options.ts';
import { ImageCopy } from './image-copy.ts';
import { selectImages } from './select-images.ts';
import { nameOf, type Selection } from './selection.ts';

/** Copies the images of a selection one after the other; the blobs of each are copied in a window. */
export async function copyImages(
  dependencies: BlobTransferDependencies,
  selection: Selection,
  options: CopyOptions & { readonly window: number },
): Promise<CopyResult> {
  const { signal, retries = 3, dryRun = false, keepGoing = false } = options;
  // A caller that begins to read events in the same turn sees all of them.
  await Promise.resolve();
  const { target, emit } = dependencies;
  const transfer = new BlobTransfer(dependencies, { retries, dryRun });
  const copied: CopiedImage[] = [];
  const failed: Array<{ readonly name: string; readonly error: unknown }> = [];
  const images = await orAborted(options, () => selectImages(dependencies, selection, { signal }));
  if (images.length === 0 && 'tags' in selection) {
    throw new CopyError('no-images', `no tag of ${dependencies.source.label} matches the rules`);
  }
  const imageCopy = new ImageCopy({ ...dependencies, transfer, inTarget: new Set<Digest>() }, options);
  for (const image of images) {
    try {
      copied.push(await orAborted(options, () => imageCopy.run(image)));
    } catch (error) {
      const name = nameOf(image) ?? '';
      emit({ type: 'image-failed', name, error });
      if (!keepGoing || signal?.aborted === true) throw error;
      failed.push({ name, error });
    }
  }
  if (!dryRun && copied.length > 0) await orAborted(options, async () => target.finish?.({ signal }));
  return { images: copied, failed, bytes: transfer.bytes };
}

/** @throws CopyError `aborted` for any error caused by the signal of the caller */
async function orAborted<Result>({ signal }: CopyOptions, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw new CopyError('aborted', 'the copy was aborted', { cause: signal.reason });
  }
}
