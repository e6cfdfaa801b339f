import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { fileBytes } from '../../../../../client/stores/layout/file-bytes.ts';

/** A file whose second read fails as that of a broken disk does. */
function brokenFile(): FileHandle {
  let reads = 0;
  const read = async (_buffer: Buffer, _offset: number, length: number): Promise<object> => {
    reads += 1;
    if (reads > 1) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    return { bytesRead: length };
  };
  return { read } as unknown as FileHandle;
}

test('a read that fails while the reader is busy is an error of the reader, and of nobody else', async (t) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const read = async (): Promise<void> => {
    for await (const _ of fileBytes({ handle: brokenFile(), start: 0, end: 1e9 }, {})) {
      await nextTurn();
      await nextTurn();
    }
  };
  await t.throwsAsync(read(), { code: 'EIO' });
  t.deepEqual(unhandled, []);
});
