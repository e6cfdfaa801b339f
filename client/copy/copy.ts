import type { ObjectStore } from '../stores/object-store.ts';
import { copyImages } from './copy-images.ts';
import type { CopyOptions } from './copy-options.ts';
import type { CopyRun } from './copy-run.ts';
import { EventStream } from './event-stream.ts';
import type { Selection } from './selection.ts';

const MAX_WINDOW = 64;

/**
 * Copies images from one store to another, with everything that they name. Digests stay the same unless the options
 * request a rewritten index. Content that the target has is skipped or mounted, and what an earlier copy left is
 * resumed. Any failure aborts all transfers of the image, whose manifest is then not written.
 * @throws RangeError when the window is not a whole number from 1 to 64
 */
export function copy(
  source: ObjectStore,
  target: ObjectStore,
  selection: Selection,
  options: CopyOptions = {},
): CopyRun {
  const { window = 4 } = options;
  if (!Number.isInteger(window) || window < 1 || window > MAX_WINDOW) {
    throw new RangeError(`the window is ${window}; it must be a whole number from 1 to ${MAX_WINDOW}`);
  }
  const events = new EventStream();
  const result = copyImages({ source, target, emit: (event) => events.emit(event) }, selection, { ...options, window });
  result.then(
    () => events.end(),
    (error: unknown) => events.end({ error }),
  );
  return { result, [Symbol.asyncIterator]: () => events[Symbol.asyncIterator]() };
}
