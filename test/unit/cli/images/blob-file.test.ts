import { randomUUID } from 'node:crypto';
import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
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

test('what a killed blob has left goes an hour later, and nothing else does', async (t) => {
  const { registry, host, home, stowage } = await clientCommands(t);
  const digest = await registry.pushBlob('app', 'the bytes');
  const [stale, young] = [`out.${randomUUID()}.partial`, `out.${randomUUID()}.partial`];
  const others = ['out.old.partial', `another.${randomUUID()}.partial`];
  for (const name of [stale, young, ...others]) await writeFile(join(home, name), 'the');
  const long = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const name of [stale, ...others]) await utimes(join(home, name), long, long);
  t.is((await stowage('blob', `${host}/app@${digest}`, '-o', join(home, 'out'))).code, 0);
  t.deepEqual((await readdir(home)).sort(), ['out', young, ...others].sort());
});

test('a folder in the place of a file, or no folder for it, ends with 1 and what to write', async (t) => {
  const { registry, host, home, stowage } = await clientCommands(t);
  const digest = await registry.pushBlob('app', 'the bytes');
  const folder = await stowage('blob', `${host}/app@${digest}`, '-o', home);
  t.deepEqual(folder, {
    code: 1,
    stdout: '',
    stderr: `stowage: ${home} is a folder; write the path of a file in it\n`,
  });
  const missing = await stowage('blob', `${host}/app@${digest}`, '-o', join(home, 'none/out'));
  t.deepEqual(missing, {
    code: 1,
    stdout: '',
    stderr: `stowage: there is no folder ${home}/none; make it, or write another path\n`,
  });
  t.deepEqual(await readdir(home), []);
});
