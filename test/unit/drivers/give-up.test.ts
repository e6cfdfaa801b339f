import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import filesystem from '../../../drivers/filesystem/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import htpasswd from '../../../plugins/auth/htpasswd/index.ts';
import cache from '../../../plugins/wrappers/cache/index.ts';
import { pluginContext } from '../../helpers/drivers/driver-options.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { ANN } from '../plugins/auth/htpasswd/fixture-passwords.ts';
import { wrap } from '../plugins/wrappers/wrap.ts';

const REASON = new Error('the start is given up');

/** The context of a start that has been given up. */
function givenUp() {
  return { ...pluginContext(), signal: AbortSignal.abort(REASON) };
}

test('the filesystem driver ends its start, and its inspection, with the reason of the signal', async (t) => {
  const options = { rootdirectory: await tempRoot(t), maxthreads: 25 };
  t.is(await t.throwsAsync(filesystem.create(options, givenUp())), REASON);
  const inspecting = filesystem.inspect?.(options, { ...givenUp(), writes: true });
  t.is(await t.throwsAsync(Promise.resolve(inspecting)), REASON);
});

test('the cache ends its start with the reason of the signal', async (t) => {
  const options = { folder: await tempRoot(t) };
  const wrapping = wrap(new MemoryDriver(), { definition: cache, options, context: givenUp() });
  t.is(await t.throwsAsync(wrapping), REASON);
});

test('the password file ends its start with the reason of the signal', async (t) => {
  const path = join(await tempRoot(t), 'htpasswd');
  await writeFile(path, `${ANN.line}\n`);
  const loading = async () => htpasswd.module({ realm: 'tests', path }, givenUp());
  t.is(await t.throwsAsync(loading), REASON);
});
