import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startProcess } from '../../../helpers/processes/run-process.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

test('a disk that takes only the beginning of the last bytes leaves no file', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  const digest = await registry.pushBlob('app', 'x'.repeat(6000));
  // A limit ends a file as a full disk does: it takes a part of the bytes, and says so only when asked to take more.
  const limited = `ulimit -f 1 && exec "$0" dist/bundle/bin.js blob ${host}/app@${digest} -o ${join(home, 'out')}`;
  const { code, stderr } = await startProcess('sh', ['-c', limited, process.execPath], { env: { HOME: home } })
    .finished;
  t.is(code, 1, stderr);
  t.regex(stderr, /EFBIG/);
  t.deepEqual(await readdir(home), []);
});

test('a link that stands where the bytes could be kept meanwhile is not followed', async (t) => {
  const { registry, host, home, stowage } = await clientCommands(t);
  const digest = await registry.pushBlob('app', 'the bytes');
  await writeFile(join(home, 'precious'), 'precious');
  await symlink('precious', join(home, 'out.partial'));
  t.is((await stowage('blob', `${host}/app@${digest}`, '-o', join(home, 'out'))).code, 0);
  t.is(await readFile(join(home, 'out'), 'utf8'), 'the bytes');
  t.is(await readFile(join(home, 'precious'), 'utf8'), 'precious');
});
