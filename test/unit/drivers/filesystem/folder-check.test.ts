import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkFolder } from '../../../../drivers/filesystem/folder-check.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('a folder that is created during the check is not a problem', async (t) => {
  const root = await tempRoot(t);
  for (let round = 0; round < 500; round += 1) {
    const folder = join(root, String(round), 'sha256');
    const checks = Array.from({ length: 4 }, () => checkFolder(folder, { root, isWritten: true }));
    await t.notThrowsAsync(Promise.all([...checks, mkdir(folder, { recursive: true })]));
  }
});
