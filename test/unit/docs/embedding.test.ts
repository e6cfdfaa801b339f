import { join } from 'node:path';
import test from 'ava';
import { freePort } from '../../helpers/processes/free-port.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';
import { pagePrograms } from '../../helpers/running/page-programs.ts';
import { until } from '../../helpers/running/until.ts';

test('the programs of the page of embedding compile and run', async (t) => {
  const port = await freePort();
  const { folder, names } = await pagePrograms(t, 'docs/embedding.md', {
    packages: ['koa', '@types/koa'],
    change: (text) => text.replace('listen(5000)', `listen(${port})`).replace('/var/lib/registry', './storage'),
  });
  t.deepEqual(names, ['host.ts', 'test-registry.ts', 'test-registry-with-files.ts']);

  const host = startProcess(process.execPath, ['host.ts'], { cwd: folder, env: { HOME: folder } });
  t.teardown(() => host.signal('SIGKILL'));
  const answer = await until('the host answers', () => fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined));
  t.is(answer.status, 200);
  t.is((await fetch(`http://127.0.0.1:${port}/elsewhere`)).status, 404);

  const env = { TMPDIR: folder };
  const run = (name: string) => startProcess(process.execPath, [join(folder, name)], { cwd: folder, env }).finished;
  t.like(await run('test-registry.ts'), { code: 0, stdout: '404 for a repository that nobody has pushed yet\n' });
  t.like(await run('test-registry-with-files.ts'), { code: 0, stdout: 'max-age=60\n' });
});
