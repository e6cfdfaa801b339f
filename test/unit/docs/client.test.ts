import { join } from 'node:path';
import test from 'ava';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { pagePrograms } from '../../helpers/running/page-programs.ts';

test('the programs of the page of the client compile and run', async (t) => {
  const { folder, names, node } = await pagePrograms(t, 'docs/client.md');
  t.deepEqual(names, [
    'list-tags.ts',
    'push-image.ts',
    'read-blob.ts',
    'pull-image.ts',
    'sign-manifest.ts',
    'explain-errors.ts',
  ]);

  const registry = await withRegistry(t);
  const { host } = new URL(registry.address);
  for (const tag of ['v1', 'v2']) await registry.pushImage('team/app', tag);
  const run = async (name: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await node(name, host, ...args);
    t.is(code, 0, `${name}: ${stderr}`);
    return stdout;
  };
  t.is(await run('list-tags.ts'), 'v1\nv2\n');
  const digest = await run('push-image.ts');
  t.regex(digest, /^sha256:[0-9a-f]{64}\n$/);
  t.is(await run('read-blob.ts'), 'the bytes of a layer');
  const pulled = await run('pull-image.ts', join(folder, 'layout'));
  t.is(pulled.match(/^copied sha256:/gm)?.length, 2);
  t.true(pulled.endsWith(`\n${digest}`));
  t.is(await run('sign-manifest.ts'), 'true true\n');
  t.is(await run('explain-errors.ts'), '404 MANIFEST_UNKNOWN true check the name, the tag and the digest\n');
});
