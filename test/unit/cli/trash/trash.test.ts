import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';
import type { Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const IMAGE = imageManifest('{}', 'layer');
const DIGEST = digestOf(IMAGE);

type Command = (...words: readonly string[]) => Promise<Finished>;
type Way = 'through its storage' | 'through its admin API';

/** A registry with an image, and a function that runs a command on it, with another configuration or its admin API. */
async function world(
  t: ExecutionContext,
  others: object = {},
): Promise<{ registry: Registry; on: (way: Way) => Command }> {
  const folder = await tempRoot(t);
  const deletion = { enabled: true, keep: '72h' };
  const registry = await withRegistry(t, {
    storage: { filesystem: {}, delete: deletion },
    folder,
    others: { admin: { enabled: true } },
  });
  for (const blob of ['{}', 'layer']) await registry.pushBlob('team/app', blob);
  expectStatus(await registry.putManifest('team/app', 'v1', { body: IMAGE, type: OCI_MANIFEST }), 201);
  const path = join(folder, 'trash.yml');
  const storage = { filesystem: { rootdirectory: registry.root }, delete: deletion, ...others };
  await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' } }));
  const target = {
    'through its storage': [path],
    'through its admin API': ['--registry', new URL(registry.address).host],
  };
  return {
    registry,
    on:
      (way) =>
      (...words) =>
        runInProcess([...words, ...target[way]]),
  };
}

for (const way of ['through its storage', 'through its admin API'] as const) {
  test(`what a client deletes is gone at once, is listed, and comes back ${way}`, async (t) => {
    const { registry, on } = await world(t);
    const command = on(way);
    const path = '/v2/team/app/manifests';
    expectStatus(await registry.ask('DELETE', `${path}/${DIGEST}`), 202);
    expectStatus(await registry.ask('GET', `${path}/v1`), 404);
    const { stdout } = await command('trash', 'list');
    t.regex(stdout, new RegExp(`^DELETED .*\\n20\\S+Z  20\\S+Z  -   team/app@${DIGEST}  v1  +\\d+\\n0 files`));
    const { deletions } = JSON.parse((await command('trash', 'list', '--json')).stdout) as { deletions: unknown };
    t.like(deletions, [{ kind: 'manifest', repository: 'team/app', digest: DIGEST, tags: ['v1'] }]);
    t.regex((await command('trash', 'list', '--repository', 'other')).stderr, /nothing that was deleted from other/);
    const back = await command('undelete', 'team/app:v1');
    t.deepEqual([back.code, back.stdout], [0, `manifest ${DIGEST}\ntag v1\n`]);
    t.is(expectStatus(await registry.ask('GET', `${path}/v1`), 200).text, IMAGE);
    t.is((await command('trash', 'list')).stdout, '0 files that garbage collections removed: 0 bytes\n');
    const again = await command('undelete', `team/app@${DIGEST}`);
    t.is(again.code, 4);
    t.regex(again.stderr, new RegExp(`team/app@${DIGEST} is not in the trash`));
    t.is((await command('undelete', DIGEST)).code, 4);
  });

  test(`the trash is emptied ${way} only if the command may change something`, async (t) => {
    const { registry, on } = await world(t);
    const command = on(way);
    expectStatus(await registry.ask('DELETE', '/v2/team/app/manifests/v1'), 202);
    t.is((await command('trash', 'empty', '--dry-run')).stdout, 'would remove 1 items, 0 bytes\n');
    t.is((await command('trash', 'empty', '--repository', 'other')).stdout, 'removed 0 items, 0 bytes\n');
    t.is((await command('trash', 'empty')).stdout, 'removed 1 items, 0 bytes\n');
    t.is((await command('undelete', 'team/app:v1')).code, 4);
  });
}

test('a registry that is read-only takes nothing back', async (t) => {
  const { on } = await world(t, { maintenance: { readonly: { enabled: true } } });
  const command = on('through its storage');
  for (const words of [
    ['undelete', 'team/app:v1'],
    ['trash', 'empty'],
  ]) {
    const { code, stderr } = await command(...words);
    t.is(code, 2);
    t.regex(stderr, /read-only/);
  }
});

test('what names nothing is a mistake in the usage', async (t) => {
  for (const what of ['Team/App', 'Team/App:v1', `team/app:${DIGEST}`, 'team/app@v1', ':v1']) {
    const { code, stderr } = await runInProcess(['undelete', what, 'config.yml']);
    t.is(code, 2, what);
    t.regex(stderr, /neither repository:tag, repository@digest, a repository nor a digest/);
  }
});
