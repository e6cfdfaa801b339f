import assert from 'node:assert/strict';
import {
  assertBytes,
  assertFails,
  at,
  bodyOf,
  content,
  type DriverCase,
  readAll,
  writeStream,
} from '../driver-case.ts';

export const moveCases: readonly DriverCase[] = [
  {
    title: 'move takes the content to the new path, and creates its folders (Move)',
    group: 'contract',
    proves: 'move',
    run: async ({ driver }) => {
      await driver.write(at('/from/file'), content(32));
      await driver.move(at('/from/file'), at('/to/deep/file'));
      assertBytes(await readAll(driver, '/to/deep/file'), content(32));
      await assertFails(driver.read(at('/from/file')), 'not-found', { driver, path: '/from/file' });
    },
  },
  {
    title: 'move takes content that a writer has committed',
    group: 'contract',
    proves: 'move',
    run: async ({ driver }) => {
      await writeStream(driver, '/upload/data', content(1000), content(1000, 2));
      await driver.move(at('/upload/data'), at('/blob/data'));
      await driver.delete(at('/upload')).catch(() => undefined);
      assertBytes(await readAll(driver, '/blob/data'), Buffer.concat([content(1000), content(1000, 2)]));
    },
  },
  {
    title: 'move replaces the content of the target (MoveOverwrite)',
    group: 'contract',
    proves: 'move',
    run: async ({ driver }) => {
      await driver.write(at('/from'), content(32));
      await driver.write(at('/to'), content(64, 2));
      await driver.move(at('/from'), at('/to'));
      assertBytes(await readAll(driver, '/to'), content(32));
      assert.equal(await driver.stat(at('/from')), undefined);
    },
  },
  {
    title: 'moving a missing file is not-found and leaves the target (MoveNonexistent)',
    group: 'contract',
    proves: 'moveMissing',
    run: async ({ driver }) => {
      await driver.write(at('/to'), content(32));
      await assertFails(driver.move(at('/from'), at('/to')), 'not-found', { driver, path: '/from' });
      assertBytes(await readAll(driver, '/to'), content(32));
    },
  },
  {
    title: 'moving a child of a file is not-found (MoveInvalid)',
    group: 'contract',
    proves: 'moveMissing',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(32));
      await assertFails(driver.move(at('/file/below'), at('/to')), 'not-found', { driver, path: '/file/below' });
      assertBytes(await readAll(driver, '/file'), content(32));
    },
  },
  {
    title: 'moving a folder is not-found and moves nothing',
    group: 'contract',
    proves: 'moveMissing',
    run: async ({ driver }) => {
      await driver.write(at('/folder/file'), content(32));
      await assertFails(driver.move(at('/folder'), at('/to')), 'not-found', { driver, path: '/folder' });
      assertBytes(await readAll(driver, '/folder/file'), content(32));
      assert.equal(await driver.stat(at('/to')), undefined);
    },
  },
  {
    title: 'moving a path onto itself changes nothing, and is not-found if it is missing',
    group: 'contract',
    proves: 'moveItself',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(32));
      await driver.move(at('/file'), at('/file'));
      assertBytes(await readAll(driver, '/file'), content(32));
      await assertFails(driver.move(at('/missing'), at('/missing')), 'not-found', { driver, path: '/missing' });
    },
  },
  {
    title: 'a path that was moved away can be written again',
    group: 'contract',
    proves: 'move',
    run: async ({ driver }) => {
      await writeStream(driver, '/file', content(32));
      await driver.move(at('/file'), at('/moved'));
      await using writer = await driver.openWriter(at('/file'), { append: false });
      await writer.append(bodyOf(content(8, 2)));
      await writer.commit();
      assertBytes(await readAll(driver, '/file'), content(8, 2));
      assertBytes(await readAll(driver, '/moved'), content(32));
    },
  },
];
