import assert from 'node:assert/strict';
import type { DriverWriter, StorageDriver } from '../../core/driver/index.ts';
import { assertBytes, assertFails, at, bodyOf, content, type DriverCase, KIB, readAll } from '../driver-case.ts';

const PATH = '/upload/data';
const BEGUN = content(300 * KIB, 1);
const MORE = content(300 * KIB, 2);
const OTHER = content(200 * KIB, 3);

const common = { group: 'concurrency', claim: 'exclusiveWriters' } as const;

/** How a writer may end that has been excluded. */
const ENDS: Readonly<Record<string, (writer: DriverWriter) => Promise<void>>> = {
  close: async (writer) => writer[Symbol.asyncDispose](),
  commit: (writer) => writer.commit(),
  'commit elsewhere': (writer) => writer.commit(at('/blob/data')),
  cancel: (writer) => writer.cancel(),
};

/** Closed bytes, and a writer that has gone on behind them and is still open. */
async function openSecond(driver: StorageDriver): Promise<DriverWriter> {
  const first = await driver.openWriter(at(PATH), { append: false });
  await first.append(bodyOf(BEGUN));
  await first[Symbol.asyncDispose]();
  const second = await driver.openWriter(at(PATH), { append: true });
  assert.equal(second.tookOver ?? false, false, 'tookOver of a writer that comes behind a closed one');
  await second.append(bodyOf(MORE));
  return second;
}

export const exclusiveCases: readonly DriverCase[] = [
  ...Object.entries(ENDS).map(
    ([name, end]): DriverCase => ({
      ...common,
      title: `a writer that was taken over is refused to ${name}, and what it writes late does not count`,
      proves: 'exclusiveWriters',
      run: async ({ driver }) => {
        const excluded = await openSecond(driver);
        const winner = await driver.openWriter(at(PATH), { append: true });
        const kept = winner.size;
        await excluded.append(bodyOf(content(50 * KIB, 9))).catch(() => undefined);
        await winner.append(bodyOf(OTHER));
        await assertFails(end(excluded), 'conflict', { driver, path: PATH });
        assert.equal(await driver.stat(at('/blob/data')), undefined, 'nothing of it got anywhere');
        await winner.commit();
        assertBytes(await readAll(driver, PATH), Buffer.concat([BEGUN, MORE]).subarray(0, kept), OTHER);
      },
    }),
  ),
  {
    ...common,
    title: 'a writer that takes over says so, and has all that was closed and a prefix of the rest',
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
    title: 'taking over keeps no more bytes than upTo says, and goes on behind them',
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
    title: 'nobody takes a write over with less than it has begun behind, and its writer goes on',
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
    title: 'a commit elsewhere replaces what is there and leaves nothing behind',
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
    title: 'how far a write is can be asked without disturbing its writer',
    proves: 'statUncommitted',
    run: async ({ driver }) => {
      const writer = await openSecond(driver);
      const { size = 0 } = (await driver.stat(at(PATH), { uncommitted: true })) ?? {};
      const most = BEGUN.byteLength + MORE.byteLength;
      assert.ok(size >= BEGUN.byteLength && size <= most, `stat tells of ${size} bytes, of at most ${most}`);
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
