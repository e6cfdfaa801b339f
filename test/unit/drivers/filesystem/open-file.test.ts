import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { OpenFile } from '../../../../drivers/filesystem/open-file.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

for (const isLocal of [true, false]) {
  test(`a file that is closed twice does not close another one, local: ${isLocal}`, async (t) => {
    const file = join(await tempRoot(t), 'content');
    await writeFile(file, 'content');
    const first = await OpenFile.open(file, isLocal);
    await first.close();
    // The system gives out the lowest free number, which is that of the first one.
    const second = await OpenFile.open(file, isLocal);
    await first.close();
    const buffer = Buffer.alloc(7);
    t.is(await second.read(buffer, 7, 0), 7);
    t.is(buffer.toString(), 'content');
    await second.close();
  });
}
