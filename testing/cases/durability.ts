import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { StorageDriver } from '../../core/driver/index.ts';
import { DriverError } from '../../core/driver/index.ts';
import {
  assertBytes,
  at,
  bodyOf,
  content,
  type DriverCase,
  type DriverCaseContext,
  names,
  readAll,
} from '../driver-case.ts';
import { openStore } from '../open-store.ts';
import { OtherProcess } from '../processes/other-process.ts';
import { PIECE_BYTES, type Task, VERSION_BYTES } from '../processes/tasks.ts';

/** Lets a process do `task` on the store and kills it once it has said `step`; the last number that it said comes back. */
async function killAt(task: Task, step: RegExp, { configured }: DriverCaseContext): Promise<number> {
  const module = fileURLToPath(new URL('../processes/killed-writer.js', import.meta.url));
  await using doomed = new OtherProcess([module, task, JSON.stringify(configured)]);
  await doomed.says(step);
  await doomed.kill();
  return Number(doomed.said.match(/(?<!\d)\d+(?=\.\n)/g)?.at(-1));
}

async function reopened({ configured }: DriverCaseContext): Promise<StorageDriver> {
  assert.ok(configured);
  return openStore(configured);
}

/** The content is the version that was acknowledged last, or the one behind it. */
function assertVersion(found: Buffer, acknowledged: number): void {
  const isOne = [acknowledged, acknowledged + 1].some((version) =>
    content(VERSION_BYTES[version % 2] ?? 0, version).equals(found),
  );
  assert.ok(isOne, `/file holds ${found.byteLength} bytes that are neither version ${acknowledged} nor the next one`);
}

/** Writes an upload anew, as a client does that comes again. */
async function assertWritable(driver: StorageDriver, path: string): Promise<void> {
  await using writer = await driver.openWriter(at(path), { append: false });
  assert.equal(writer.size, 0, 'a writer that starts over');
  await writer.append(bodyOf(content(5000, 9)));
  await writer.commit();
  assertBytes(await readAll(driver, path), content(5000, 9));
}

const CASES: readonly Pick<DriverCase, 'title' | 'proves' | 'run'>[] = [
  {
    title: 'what has resolved is there after the process was killed',
    proves: 'persistent',
    run: async (context) => {
      await killAt('finish', /finished/, context);
      await using driver = await reopened(context);
      assert.deepEqual(await names(driver, '/').catch(() => []), ['committed', 'moved', 'written'], 'the names in /');
      assertBytes(await readAll(driver, '/written'), content(1000, 1));
      assertBytes(await readAll(driver, '/committed'), content(PIECE_BYTES, 2));
      assertBytes(await readAll(driver, '/moved'), content(1000, 3));
    },
  },
  {
    title: 'a process that is killed while it replaces a file leaves the old or the new content',
    proves: 'writeAtomic',
    run: async (context) => {
      const acknowledged = await killAt('overwrite', /version 9\./, context);
      await using driver = await reopened(context);
      assertVersion(await readAll(driver, '/file'), acknowledged);
    },
  },
  {
    title: 'a process that is killed while it moves files leaves the old or the new content',
    proves: 'moveDurable',
    run: async (context) => {
      const acknowledged = await killAt('move', /version 9\./, context);
      await using driver = await reopened(context);
      const found = await readAll(driver, '/file').catch((error: unknown) => {
        // Where a move takes two steps, the file may be gone in between; then it is still under its old name.
        if (driver.capabilities.atomicMove || !DriverError.is(error, 'not-found')) throw error;
        return readAll(driver, '/next');
      });
      assertVersion(found, acknowledged);
    },
  },
  {
    title: 'bytes of a closed writer are there for another process after the first was killed',
    proves: 'keepsBytes',
    run: async (context) => {
      assert.equal(await killAt('close', /closed \d+\./, context), PIECE_BYTES, 'the size of the closed writer');
      await using driver = await reopened(context);
      await using writer = await driver.openWriter(at('/upload/data'), { append: true });
      assert.equal(writer.size, PIECE_BYTES, 'the size of the writer that goes on');
      await writer.append(bodyOf(content(10, 2)));
      await writer.commit();
      const expected = Buffer.concat([content(PIECE_BYTES, 1), content(10, 2)]);
      assertBytes(await readAll(driver, '/upload/data'), expected);
    },
  },
  {
    title: 'a process that is killed in the middle of an append leaves nothing in the way of the next one',
    proves: 'startOver',
    run: async (context) => {
      await killAt('append', /piece 9\./, context);
      await using driver = await reopened(context);
      await assertWritable(driver, '/upload/data');
    },
  },
  {
    title: 'bytes whose process was killed stay hidden where uncommitted bytes are',
    proves: 'hidesUncommitted',
    run: async (context) => {
      if (!context.driver.capabilities.hidesUncommitted) return;
      await killAt('append', /piece 9\./, context);
      await using driver = await reopened(context);
      assert.equal(await driver.stat(at('/upload/data')), undefined, 'stat of what was not committed');
      assert.deepEqual(await names(driver, '/').catch(() => []), [], 'the names in /');
    },
  },
];

export const durabilityCases: readonly DriverCase[] = CASES.map((driverCase) => ({
  ...driverCase,
  group: 'durability',
  claim: 'persistent',
  needs: 'configured',
}));
