import assert from 'node:assert/strict';
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
import { KILLED_WRITER, PIECE_BYTES, type Task, VERSION_BYTES } from '../processes/tasks.ts';

/**
 * Runs `task` on the store in a process that is killed once it has printed `step`. @returns the last number it printed
 */
async function killAt(task: Task, step: RegExp, { configured }: DriverCaseContext): Promise<number> {
  await using child = new OtherProcess([KILLED_WRITER, task, JSON.stringify(configured)]);
  await child.says(step);
  await child.kill();
  return Number(child.said.match(/(?<!\d)\d+(?=\.\n)/g)?.at(-1));
}

async function reopened({ configured }: DriverCaseContext): Promise<StorageDriver> {
  assert.ok(configured);
  return openStore(configured);
}

/** The content is the version that was acknowledged last, or the next one. */
function assertVersion(found: Buffer, acknowledged: number): void {
  const isOne = [acknowledged, acknowledged + 1].some((version) =>
    content(VERSION_BYTES[version % 2] ?? 0, version).equals(found),
  );
  assert.ok(isOne, `/file holds ${found.byteLength} bytes that are neither version ${acknowledged} nor the next one`);
}

async function assertNoEmptyFolder(driver: StorageDriver, folder: string): Promise<void> {
  const found: string[] = [];
  for await (const { name, isFolder } of driver.list(at(folder))) {
    found.push(name);
    if (isFolder) await assertNoEmptyFolder(driver, `${folder}/${name}`);
  }
  assert.ok(found.length > 0, `${folder} is a folder without a file`);
}

/** Starts an upload over, as a client does that tries again. */
async function assertWritable(driver: StorageDriver, path: string): Promise<void> {
  await using writer = await driver.openWriter(at(path), { append: false });
  assert.equal(writer.size, 0, 'a writer that starts over');
  await writer.append(bodyOf(content(5000, 9)));
  await writer.commit();
  assertBytes(await readAll(driver, path), content(5000, 9));
}

const CASES: readonly Pick<DriverCase, 'title' | 'proves' | 'run'>[] = [
  {
    title: 'the effects of calls that have resolved survive a killed process',
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
    title: 'a process that is killed while it writes into new folders leaves none without a file',
    proves: 'folders',
    run: async (context) => {
      for (const step of [/folder 2\./, /folder 9\./, /folder 20\./]) {
        await killAt('spread', step, context);
        await using driver = await reopened(context);
        for (const name of await names(driver, '/')) await assertNoEmptyFolder(driver, `/${name}`);
      }
    },
  },
  {
    title: 'a process that is killed while it moves files leaves the old or the new content',
    proves: 'moveDurable',
    run: async (context) => {
      const acknowledged = await killAt('move', /version 9\./, context);
      await using driver = await reopened(context);
      const found = await readAll(driver, '/file').catch((error: unknown) => {
        // If a move takes two steps, the file may be missing in between; then it is still under its old name.
        if (driver.capabilities.atomicMove || !DriverError.is(error, 'not-found')) throw error;
        return readAll(driver, '/next');
      });
      assertVersion(found, acknowledged);
    },
  },
  {
    title: 'bytes of a closed writer are available to another process after the first was killed',
    proves: 'keepsBytes',
    run: async (context) => {
      assert.equal(await killAt('close', /closed \d+\./, context), PIECE_BYTES, 'the size of the closed writer');
      await using driver = await reopened(context);
      await using writer = await driver.openWriter(at('/upload/data'), { append: true });
      assert.equal(writer.size, PIECE_BYTES, 'the size of the writer that resumes');
      await writer.append(bodyOf(content(10, 2)));
      await writer.commit();
      const expected = Buffer.concat([content(PIECE_BYTES, 1), content(10, 2)]);
      assertBytes(await readAll(driver, '/upload/data'), expected);
    },
  },
  {
    title: 'a process that is killed in the middle of an append does not prevent the next one',
    proves: 'startOver',
    run: async (context) => {
      await killAt('append', /piece 9\./, context);
      await using driver = await reopened(context);
      await assertWritable(driver, '/upload/data');
    },
  },
  {
    title: 'bytes of a killed process stay hidden, where uncommitted bytes are hidden',
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
