import assert from 'node:assert/strict';
import { assertBytes, assertFails, at, content, type DriverCase, KIB, MIB, readAll } from '../driver-case.ts';

/** The contents of distribution's WriteRead cases; the streams use them too. */
export const CONTENTS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['1, a letter', Buffer.from('a')],
  ['2, two bytes of UTF-8', Buffer.from([0xc3, 0x9f])],
  ['3, 32 bytes', content(32)],
  ['4, 1 MiB', content(MIB)],
  ['NonUTF8', Buffer.from([0x80, 0x80, 0x80, 0x80])],
];

export const readWriteCases: readonly DriverCase[] = [
  ...CONTENTS.map(
    ([name, bytes]): DriverCase => ({
      title: `write, then read (WriteRead${name})`,
      group: 'contract',
      proves: 'write',
      run: async ({ driver }) => {
        await driver.write(at('/folder/file'), bytes);
        assertBytes(await readAll(driver, '/folder/file'), bytes);
      },
    }),
  ),
  {
    title: 'content of 64 KiB and a byte less or more is read back completely',
    group: 'contract',
    proves: 'write',
    run: async ({ driver }) => {
      for (const size of [64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 128 * KIB]) {
        await driver.write(at('/file'), content(size));
        assertBytes(await readAll(driver, '/file'), content(size));
      }
    },
  },
  {
    title: 'shorter content leaves nothing of longer content (Truncate)',
    group: 'contract',
    proves: 'write',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(MIB));
      await driver.write(at('/file'), content(KIB, 2));
      assertBytes(await readAll(driver, '/file'), content(KIB, 2));
    },
  },
  {
    title: 'the last of several writes wins (PutContentMultipleTimes)',
    group: 'contract',
    proves: 'write',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(4096));
      await driver.write(at('/file'), content(2048, 2));
      assertBytes(await readAll(driver, '/file'), content(2048, 2));
    },
  },
  {
    title: 'written content is a copy of the buffer',
    group: 'contract',
    proves: 'write',
    run: async ({ driver }) => {
      const bytes = content(32);
      await driver.write(at('/file'), bytes);
      bytes.fill(0);
      assertBytes(await readAll(driver, '/file'), content(32));
    },
  },
  {
    title: 'empty content is a file of no bytes',
    group: 'contract',
    proves: 'size',
    run: async ({ driver }) => {
      await driver.write(at('/file'), Buffer.alloc(0));
      assert.equal((await readAll(driver, '/file')).byteLength, 0);
      assert.equal((await driver.stat(at('/file')))?.size, 0);
    },
  },
  {
    title: 'reading a missing file is not-found (ReadNonexistent)',
    group: 'contract',
    proves: 'readMissing',
    run: async ({ driver }) => {
      await assertFails(driver.read(at('/missing')), 'not-found', { driver, path: '/missing' });
      await driver.write(at('/file'), content(1));
      await assertFails(driver.read(at('/file/below')), 'not-found', { driver, path: '/file/below' });
    },
  },
  {
    title: 'reading a folder is not-found, even an empty range of it',
    group: 'contract',
    proves: 'readMissing',
    run: async ({ driver }) => {
      await driver.write(at('/folder/file'), content(1));
      const place = { driver, path: '/folder' };
      await assertFails(driver.read(at('/folder')), 'not-found', place);
      await assertFails(driver.read(at('/folder'), { start: 0, end: 0 }), 'not-found', place);
    },
  },
  {
    title: 'an aborted signal ends each call before it changes anything',
    group: 'contract',
    proves: 'signal',
    run: async ({ driver }) => {
      const signal = AbortSignal.abort(new Error('the client has gone'));
      await driver.write(at('/file'), content(8));
      const place = { driver, path: '/file' };
      await assertFails(driver.write(at('/file'), content(9), { signal }), 'aborted', place);
      await assertFails(driver.read(at('/file'), { signal }), 'aborted', place);
      await assertFails(driver.stat(at('/file'), { signal }), 'aborted', place);
      await assertFails(driver.move(at('/file'), at('/other'), { signal }), 'aborted', place);
      await assertFails(driver.delete(at('/file'), { signal }), 'aborted', place);
      await assertFails(driver.openWriter(at('/file'), { append: false, signal }), 'aborted', place);
      assertBytes(await readAll(driver, '/file'), content(8));
    },
  },
  {
    title: 'peek returns the same content as read, after every write, move and delete',
    group: 'visibility',
    proves: 'peek',
    run: async ({ driver }) => {
      const isPeeked = async (path: string, expected: Buffer | undefined): Promise<void> => {
        // The second time, the content may be in memory.
        for (let time = 0; time < 2; time += 1) {
          const found = driver.peek?.(at(path));
          if (found !== undefined) {
            assert.ok(expected !== undefined, `peek returns ${found.byteLength} bytes of a deleted file`);
            assertBytes(Buffer.from(found), expected);
          }
          if (expected !== undefined) assertBytes(await readAll(driver, path), expected);
        }
      };
      for (let round = 1; round <= 10; round += 1) {
        await driver.write(at('/folder/file'), content(70, round));
        await isPeeked('/folder/file', content(70, round));
        await driver.write(at('/folder/other'), content(70, -round));
        await driver.move(at('/folder/other'), at('/folder/file'));
        await isPeeked('/folder/file', content(70, -round));
        await driver.delete(at('/folder/file'));
        await isPeeked('/folder/file', undefined);
      }
    },
  },
];
