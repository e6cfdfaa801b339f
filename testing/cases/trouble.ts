import assert from 'node:assert/strict';
import { DriverError } from '../../core/driver/index.ts';
import {
  assertBytes,
  assertFails,
  at,
  bodyOf,
  chunked,
  content,
  type DriverCase,
  KIB,
  MIB,
  names,
  readAll,
} from '../driver-case.ts';

const PATH = '/upload/data';
const SIZE = 200 * KIB;

/** The error of a step, if it failed. A backend may know before the commit that another writer has taken the path. */
async function failureOf(step: Promise<void>): Promise<DriverError | undefined> {
  try {
    await step;
    return undefined;
  } catch (error) {
    assert.ok(DriverError.is(error), `must be a DriverError, not ${String(error)}`);
    return error;
  }
}

/** Core never does this, but if two processes do, their bytes must not mix. */
function twoWriters(firstToCommit: 0 | 1): DriverCase {
  return {
    title: `two writers that start again on one path never mix, whichever commits ${firstToCommit === 0 ? 'last' : 'first'}`,
    group: 'concurrency',
    proves: 'concurrent',
    run: async ({ driver }) => {
      await driver.write(at('/other/file'), content(64, 3));
      const first = await driver.openWriter(at(PATH), { append: false });
      const second = await driver.openWriter(at(PATH), { append: false });
      const appended = await Promise.all([
        failureOf(first.append(chunked(content(SIZE, 1)))),
        failureOf(second.append(chunked(content(SIZE + 5, 2)))),
      ]);
      const writers = [first, second].filter((_, index) => appended[index] === undefined);
      const committed: boolean[] = [];
      for (const writer of firstToCommit === 0 ? writers : writers.toReversed()) {
        committed.push((await failureOf(writer.commit())) === undefined);
      }
      for (const writer of [first, second]) await failureOf(Promise.resolve(writer[Symbol.asyncDispose]()));
      assert.ok(committed.includes(true), 'one of the two must be able to commit');
      const found = await readAll(driver, PATH);
      const isWhole = [content(SIZE, 1), content(SIZE + 5, 2)].some((bytes) => bytes.equals(found));
      assert.ok(isWhole, `a mix of ${found.byteLength} bytes was committed`);
      assertBytes(await readAll(driver, '/other/file'), content(64, 3));
    },
  };
}

export const troubleCases: readonly DriverCase[] = [
  twoWriters(0),
  twoWriters(1),
  {
    title: 'a writer does not touch content that was committed and moved away',
    group: 'streams',
    proves: 'keepsBytes',
    run: async ({ driver }) => {
      const writer = await driver.openWriter(at(PATH), { append: false });
      await writer.append(bodyOf(content(SIZE)));
      await writer.commit();
      await driver.move(at(PATH), at('/blob/data'));
      await writer[Symbol.asyncDispose]();
      await using next = await driver.openWriter(at(PATH), { append: false });
      await next.append(bodyOf(content(SIZE, 2)));
      await next.cancel();
      assertBytes(await readAll(driver, '/blob/data'), content(SIZE));
    },
  },
  {
    title: 'an abort in the middle of an append keeps a prefix that can be resumed',
    group: 'faults',
    proves: 'appendPrefix',
    run: async ({ driver }) => {
      const controller = new AbortController();
      const bytes = content(2 * MIB);
      const aborting = (async function* () {
        for (let start = 0; start < bytes.byteLength; start += 100_000) {
          if (start === 1_000_000) controller.abort(new Error('the client has gone'));
          yield bytes.subarray(start, start + 100_000);
        }
      })();
      const first = await driver.openWriter(at(PATH), { append: false });
      const append = first.append(aborting, { signal: controller.signal });
      await assertFails(append, 'aborted', { driver, path: PATH });
      const kept = first.size;
      assert.ok(kept <= 1_100_000, `${kept} bytes were kept of at most 1100000`);
      await first[Symbol.asyncDispose]();
      await using second = await driver.openWriter(at(PATH), { append: true });
      assert.equal(second.size, kept);
      await second.append(bodyOf(bytes.subarray(kept)));
      await second.commit();
      assertBytes(await readAll(driver, PATH), bytes);
    },
  },
  {
    title: 'a writer that is cancelled in the middle leaves nothing, and the path can be written again',
    group: 'streams',
    proves: 'cancel',
    run: async ({ driver }) => {
      await using writer = await driver.openWriter(at(PATH), { append: false });
      await writer.append(chunked(content(MIB)));
      await writer.cancel();
      assert.equal(await driver.stat(at(PATH)), undefined);
      await driver.write(at(PATH), content(12, 2));
      assertBytes(await readAll(driver, PATH), content(12, 2));
    },
  },
  {
    title: 'a commit without any byte creates an empty file that can be moved and read in parts',
    group: 'streams',
    proves: 'commit',
    run: async ({ driver }) => {
      await using writer = await driver.openWriter(at(PATH), { append: false });
      await writer.append(bodyOf());
      await writer.append(bodyOf(Buffer.alloc(0)));
      await writer.commit();
      assert.equal((await driver.stat(at(PATH)))?.size, 0);
      await driver.move(at(PATH), at('/blob/data'));
      for (const [start, end] of [[0], [0, 0], [0, 10], [5, 10]]) {
        assert.equal((await readAll(driver, '/blob/data', start, end)).byteLength, 0);
      }
      assert.deepEqual(await names(driver, '/blob'), ['data']);
    },
  },
];
