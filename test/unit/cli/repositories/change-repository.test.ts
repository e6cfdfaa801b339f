import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { artifact, push } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import type { Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

/** A registry that serves, and a command on its storage. */
async function world(
  t: ExecutionContext,
  others: object = {},
  deletes = true,
): Promise<{ registry: Registry; stowage: (...words: string[]) => Promise<Finished> }> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const path = join(folder, 'repositories.yml');
  const storage = { filesystem: { rootdirectory: registry.root }, delete: { enabled: deletes } };
  const text = { version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' }, ...others };
  await writeFile(path, JSON.stringify(text));
  return { registry, stowage: (...words) => runInProcess(['repository', ...words, path]) };
}

test('a repository is renamed and deleted while a registry serves it', async (t) => {
  const { registry, stowage } = await world(t);
  const image = artifact();
  for (const name of ['team', 'team/app', 'other']) await push(registry, name, image, 'v1');
  const [renamed, deleted] = await Promise.all([stowage('rename', 'team', 'moved/here'), stowage('delete', 'other')]);
  t.is(renamed.stdout, 'renamed team to moved/here: 1 tags, 1 manifests\n');
  t.is(deleted.stdout, 'deleted other: 1 tags, 1 manifests\n');
  const catalog = await registry.ask('GET', '/v2/_catalog');
  t.deepEqual(JSON.parse(catalog.text), { repositories: ['moved/here', 'team/app'] });
  const pulled = await registry.ask('GET', '/v2/moved/here/manifests/v1');
  t.is(pulled.text, image.body);
  t.is((await registry.ask('GET', '/v2/other/tags/list')).status, 404);
});

test('what a repository or a configuration does not allow is refused at once', async (t) => {
  const { registry, stowage } = await world(t, {
    middleware: { registry: [{ name: 'immutable-tags', options: { tags: ['v*'] } }] },
  });
  for (const name of ['team', 'other']) await push(registry, name, artifact(), 'v1');
  const immutable = await stowage('delete', 'team');
  t.is(immutable.code, 1);
  t.regex(immutable.stderr, /the tag "v1" is immutable/);
  t.regex((await stowage('rename', 'team', 'other', '--force')).stderr, /a repository has this name; delete it first/);
  t.regex((await stowage('delete', 'missing')).stderr, /repository name not known/);
  t.regex((await stowage('rename', 'team', 'Team')).stderr, /"Team" is no name of a repository/);
  t.regex((await stowage('rename', 'team', 'team')).stderr, /the same/);
  const strict = await world(t, {}, false);
  t.regex((await strict.stowage('delete', 'team')).stderr, /set storage.delete.enabled to true/);
  const readOnly = await world(t, { storage: { filesystem: {}, maintenance: { readonly: { enabled: true } } } });
  t.regex((await readOnly.stowage('delete', 'team')).stderr, /read-only/);
});
