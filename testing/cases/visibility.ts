import assert from 'node:assert/strict';
import { capabilityProblems } from '../../core/driver/index.ts';
import { assertBytes, at, bodyOf, content, type DriverCase, drain, names, readAll } from '../driver-case.ts';

const ROUNDS = 30;

export const visibilityCases: readonly DriverCase[] = [
  {
    title: 'every capability is present and has its type',
    group: 'contract',
    proves: 'capabilities',
    run: async ({ driver }) => {
      const problems = capabilityProblems(driver.capabilities);
      assert.ok(problems.length === 0, problems.join('; '));
    },
  },
  {
    title: 'read and stat see a write that has resolved',
    group: 'visibility',
    proves: 'writeDurable',
    run: async ({ driver }) => {
      for (let round = 1; round <= ROUNDS; round += 1) {
        await driver.write(at('/folder/file'), content(round, round));
        assert.equal((await driver.stat(at('/folder/file')))?.size, round, 'the size that stat gives');
        assertBytes(await readAll(driver, '/folder/file'), content(round, round));
      }
    },
  },
  {
    title: 'list and stat see each write and delete as soon as it has resolved',
    group: 'visibility',
    proves: 'strongListing',
    claim: 'strongListing',
    run: async ({ driver }) => {
      await driver.write(at('/folder/kept'), content(1));
      for (let round = 0; round < ROUNDS; round += 1) {
        await driver.write(at(`/folder/a${round}`), content(3));
        assert.deepEqual(await names(driver, '/folder'), [`a${round}`, 'kept'], 'the names after a write');
        assert.equal((await driver.stat(at(`/folder/a${round}`)))?.size, 3, 'the size after a write');
        await driver.delete(at(`/folder/a${round}`));
        assert.deepEqual(await names(driver, '/folder'), ['kept'], 'the names after a delete');
        assert.equal(await driver.stat(at(`/folder/a${round}`)), undefined, 'stat after a delete');
      }
    },
  },
  {
    title: 'a folder is not listed once the last file below it is deleted or moved away',
    group: 'visibility',
    proves: 'hidesEmptyFolders',
    claim: 'hidesEmptyFolders',
    run: async ({ driver }) => {
      await driver.write(at('/folder/kept/file'), content(1));
      for (const path of ['/folder/a/file', '/folder/b/below/file'].map(at)) {
        await driver.write(path, content(1));
        await driver.delete(path);
        assert.deepEqual(await names(driver, '/folder'), ['kept'], `the names after the deletion of ${path}`);
      }
      await driver.write(at('/folder/c/file'), content(1));
      await driver.move(at('/folder/c/file'), at('/folder/kept/other'));
      assert.deepEqual(await names(driver, '/folder'), ['kept'], 'the names after a move');
    },
  },
  {
    title: 'a second driver on the store sees the changes of the first one, and resumes its uploads',
    group: 'visibility',
    proves: 'shared',
    claim: 'shared',
    needs: 'reopen',
    run: async ({ driver, reopen }) => {
      assert.ok(reopen);
      await using second = await reopen();
      await driver.write(at('/folder/a'), content(10));
      assertBytes(await readAll(second, '/folder/a'), content(10));
      await second.write(at('/folder/b'), content(20, 2));
      assert.deepEqual(await names(driver, '/folder'), ['a', 'b']);
      await second.delete(at('/folder/a'));
      assert.equal(await driver.stat(at('/folder/a')), undefined, 'stat of what the second driver has deleted');
      const first = await driver.openWriter(at('/upload/data'), { append: false });
      await first.append(bodyOf(content(1000)));
      await first[Symbol.asyncDispose]();
      await using resumed = await second.openWriter(at('/upload/data'), { append: true });
      assert.equal(resumed.size, 1000, 'the size of an upload that the first driver has begun');
      await resumed.append(bodyOf(content(10, 3)));
      await resumed.commit();
      assertBytes(await readAll(driver, '/upload/data'), Buffer.concat([content(1000), content(10, 3)]));
    },
  },
  {
    title: 'a stream that offers all its bytes in memory offers those of its part',
    group: 'streams',
    proves: 'readWhole',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(100));
      for (const [start, end] of [[0], [0, 100], [10, 20], [99, 200], [100], [5, 5]] as const) {
        const stream = await driver.read(at('/file'), { start, end });
        const { whole } = stream;
        if (whole !== undefined) assertBytes(Buffer.from(whole), content(100).subarray(start, end));
        assertBytes(await drain(stream), content(100).subarray(start, end));
      }
    },
  },
];
