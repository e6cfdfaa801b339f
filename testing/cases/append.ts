import assert from 'node:assert/strict';
import type { StorageDriver } from '../../core/driver/index.ts';
import {
  assertBytes,
  assertFails,
  at,
  bodyOf,
  chunked,
  content,
  type DriverCase,
  type DriverCaseContext,
  MIB,
  names,
  readAll,
} from '../driver-case.ts';

/** One request of an upload: opens, appends, closes. @returns the size of the upload afterwards */
async function appendOnce(driver: StorageDriver, bytes: Buffer, append: boolean): Promise<number> {
  await using writer = await driver.openWriter(at('/upload/data'), { append });
  await writer.append(chunked(bytes));
  return writer.size;
}

function continued(title: string, chunkBytes: number): DriverCase {
  return {
    title,
    group: 'streams',
    proves: 'resume',
    run: async ({ driver }: DriverCaseContext) => {
      const chunks = [content(chunkBytes, 1), content(chunkBytes, 2), content(chunkBytes, 3)] as const;
      assert.equal(await appendOnce(driver, chunks[0], false), chunkBytes);
      assert.equal(await appendOnce(driver, chunks[1], true), 2 * chunkBytes);
      await using writer = await driver.openWriter(at('/upload/data'), { append: true });
      assert.equal(writer.size, 2 * chunkBytes);
      await writer.append(bodyOf(chunks[2]));
      assert.equal(writer.size, 3 * chunkBytes);
      await writer.commit();
      assertBytes(await readAll(driver, '/upload/data'), Buffer.concat(chunks));
    },
  };
}

/** Appends to committed content of zero length. */
async function appendToEmpty({ driver }: DriverCaseContext): Promise<void> {
  assert.equal((await readAll(driver, '/upload/data')).byteLength, 0);
  await using writer = await driver.openWriter(at('/upload/data'), { append: true });
  assert.equal(writer.size, 0);
  await writer.append(bodyOf(content(32)));
  await writer.commit();
  assert.equal(writer.size, 32);
  assertBytes(await readAll(driver, '/upload/data'), content(32));
}

export const appendCases: readonly DriverCase[] = [
  continued('three closed writers make one file, in large chunks (ContinueStreamAppendLarge)', 10 * MIB),
  continued('three closed writers make one file, in small chunks (ContinueStreamAppendSmall)', 32),
  {
    title: 'a committed empty stream can be appended to (WriteZeroByteStreamThenAppend)',
    group: 'streams',
    proves: 'resume',
    run: async (context) => {
      await using writer = await context.driver.openWriter(at('/upload/data'), { append: false });
      await writer.commit();
      await appendToEmpty(context);
    },
  },
  {
    title: 'empty content can be appended to (WriteZeroByteContentThenAppend)',
    group: 'streams',
    proves: 'resume',
    run: async (context) => {
      await context.driver.write(at('/upload/data'), Buffer.alloc(0));
      await appendToEmpty(context);
    },
  },
  {
    title: 'a writer closed with no bytes can be resumed',
    group: 'streams',
    proves: 'keepsBytes',
    run: async ({ driver }) => {
      assert.equal(await appendOnce(driver, Buffer.alloc(0), false), 0);
      assert.equal(await appendOnce(driver, content(7), true), 7);
      await driver.delete(at('/upload/data'));
    },
  },
  {
    title: 'resuming where nothing is gives not-found',
    group: 'streams',
    proves: 'resumeMissing',
    run: async ({ driver }) => {
      const place = { driver, path: '/upload/data' };
      await assertFails(driver.openWriter(at('/upload/data'), { append: true }), 'not-found', place);
      assert.deepEqual(await names(driver, '/'), []);
    },
  },
  {
    title: 'starting again drops the bytes of a closed writer and committed content',
    group: 'streams',
    proves: 'startOver',
    run: async ({ driver }) => {
      await appendOnce(driver, content(64), false);
      assert.equal(await appendOnce(driver, content(8, 2), false), 8);
      await driver.write(at('/upload/data'), content(64));
      await using writer = await driver.openWriter(at('/upload/data'), { append: false });
      assert.equal(writer.size, 0);
      await writer.append(bodyOf(content(8, 3)));
      await writer.commit();
      assertBytes(await readAll(driver, '/upload/data'), content(8, 3));
    },
  },
];
