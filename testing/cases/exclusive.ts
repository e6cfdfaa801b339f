import assert from 'node:assert/strict';
import type { DriverWriter, StorageDriver } from '../../core/driver/index.ts';
import { assertBytes, assertFails, at, bodyOf, content, type DriverCase, KIB, readAll } from '../driver-case.ts';

const PATH = '/upload/data';
const BEGUN = content(300 * KIB, 1);
const MORE = content(300 * KIB, 2);
const OTHER = content(200 * KIB, 3);

const common = { group: 'concurrency', claim: 'exclusiveWriters' } as const;

/** The ways in which an excluded writer may end. */
const ENDS: Readonly<Record<string, (writer: DriverWriter) => Promise<void>>> = {
  close: async (writer) => writer[Symbol.asyncDispose](),
  commit: (writer) => writer.commit(),
  'commit elsewhere': (writer) => writer.commit(at('/blob/data')),
  cancel: (writer) => writer.cancel(),
};

/** Writes and closes some bytes. @returns a second writer that has resumed after them and is still open */
async function openSecond(driver: StorageDriver): Promise<DriverWriter> {
  const first = await driver.openWriter(at(PATH), { append: false });
  await first.append(bodyOf(BEGUN));
  await first[Symbol.asyncDispose]();
  const second = await driver.openWriter(at(PATH), { append: true });
  assert.equal(second.tookOver ?? false, false, 'tookOver of a writer that comes after a closed one');
  await second.append(bodyOf(MORE));
  return second;
}

export const exclusiveCases: readonly DriverCase[] = [
  ...Object.entries(ENDS).map(
    ([name, end]): DriverCase => ({
      ...common,
      title: `a writer that was taken over fails to ${name}, and its late bytes do not count`,
      proves: 'exclusiveWriters',
      run: async ({ driver }) => {
        const excluded = await openSecond(driver);
        const winner = await driver.openWriter(at(PATH), { append: true });
        const kept = winner.size;
        await excluded.append(bodyOf(content(50 * KIB, 9))).catch(() => undefined);
        await winner.append(bodyOf(OTHER));
        await assertFails(end(excluded), 'conflict', { driver, path: PATH });
        assert.equal(await driver.stat(at('/blob/data')), undefined, 'stat of the target of an excluded writer');
        await winner.commit();
        assertBytes(await readAll(driver, PATH), Buffer.concat([BEGUN, MORE]).subarray(0, kept), OTHER);
      },
    }),
  ),
  {
    ...common,
    title: 'a writer that takes over says so, and has all closed bytes and a prefix of the rest',
    proves: 'tookOver',
    run: async ({ driver }) => {
      const excluded = await openSecond(driver);
      await using winner = await driver.openWriter(at(PATH), { append: true });
      assert.equal(winner.tookOver, true, 'tookOver of the second writer');
      const most = BEGUN.byteLength + MORE.byteLength;
      assert.ok(winner.size >= BEGUN.byteLength && winner.size <= most, `it has ${winner.size} bytes of ${most}`);
      await assertFails(Promise.resolve(excluded[Symbol.asyncDispose]()), 'conflict', { driver, path: PATH });
    },
  },
  {
    ...common,
    title: 'taking over keeps no more bytes than upTo says, and resumes after them',
    proves: 'upTo',
    run: async ({ driver }) => {
      const excluded = await openSecond(driver);
      await using winner = await driver.openWriter(at(PATH), { append: true, upTo: BEGUN.byteLength });
      assert.equal(winner.size, BEGUN.byteLength, 'the size of a writer that keeps only what was closed');
      await winner.append(bodyOf(OTHER));
      await assertFails(excluded.commit(), 'conflict', { driver, path: PATH });
      await winner.commit();
      assertBytes(await readAll(driver, PATH), BEGUN, OTHER);
    },
  },
  {
    ...common,
    title: 'a write is not taken over with fewer bytes than its writer began after, and that writer continues',
    proves: 'neverLess',
    run: async ({ driver }) => {
      const writer = await openSecond(driver);
      const stale = driver.openWriter(at(PATH), { append: true, upTo: BEGUN.byteLength - 1 });
      await assertFails(stale, 'conflict', { driver, path: PATH });
      await writer.commit();
      assertBytes(await readAll(driver, PATH), BEGUN, MORE);
    },
  },
  {
    ...common,
    title: 'a commit to another path replaces its content and leaves nothing behind',
    proves: 'commitElsewhere',
    run: async ({ driver }) => {
      await driver.write(at('/blob/data'), content(7));
      const writer = await openSecond(driver);
      await writer.commit(at('/blob/data'));
      await writer[Symbol.asyncDispose]();
      assertBytes(await readAll(driver, '/blob/data'), BEGUN, MORE);
      assert.equal(await driver.stat(at(PATH)), undefined, 'the path of the writer');
      await assertFails(driver.openWriter(at(PATH), { append: true }), 'not-found', { driver, path: PATH });
    },
  },
  {
    ...common,
    title: 'stat shows the progress of a write without disturbing its writer',
    proves: 'statUncommitted',
    run: async ({ driver }) => {
      const writer = await openSecond(driver);
      const { size = 0 } = (await driver.stat(at(PATH), { uncommitted: true })) ?? {};
      const most = BEGUN.byteLength + MORE.byteLength;
      assert.ok(size >= BEGUN.byteLength && size <= most, `stat reports ${size} bytes, of at most ${most}`);
      await writer.append(bodyOf(OTHER));
      await writer[Symbol.asyncDispose]();
      const closed = await driver.stat(at(PATH), { uncommitted: true });
      assert.equal(closed?.size, most + OTHER.byteLength, 'the size of what was closed');
      assert.equal(
        await driver.stat(at('/upload/other'), { uncommitted: true }),
        undefined,
        'where nothing is written',
      );
      await using next = await driver.openWriter(at(PATH), { append: true });
      await next.commit();
      assertBytes(await readAll(driver, PATH), BEGUN, MORE, OTHER);
    },
  },
];
