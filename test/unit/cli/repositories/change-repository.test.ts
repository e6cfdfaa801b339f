import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseRepositoryName, type RepositoryName } from '../../../../core/model/reference.ts';
import { formatAnnouncement } from '../../../../core/storage/changes/repository-change.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { artifact, push } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import type { Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

/** A registry that serves, and commands on its storage; those of repositories without their first word. */
async function world(
  t: ExecutionContext,
  others: object = {},
  deletes: object = { enabled: true },
): Promise<{
  registry: Registry;
  stowage: (...words: string[]) => Promise<Finished>;
  command: (...words: string[]) => Promise<Finished>;
}> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const path = join(folder, 'repositories.yml');
  const storage = { filesystem: { rootdirectory: registry.root }, delete: deletes };
  const text = { version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' }, ...others };
  await writeFile(path, JSON.stringify(text));
  const command = (...words: string[]): Promise<Finished> => runInProcess([...words, path]);
  return { registry, stowage: (...words) => command('repository', ...words), command };
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

test('a repository that was deleted is one row of the trash, and comes back', async (t) => {
  const { registry, stowage, command } = await world(t, {}, { enabled: true, keep: '1h' });
  const [image, other] = [artifact(), artifact({ annotations: { a: 'b' } })];
  for (const [tag, { body, type }] of Object.entries({ v1: image, v2: other, v3: other }))
    await push(registry, 'team/app', { body, type, digest: '' }, tag);
  t.is((await stowage('delete', 'team/app')).stdout, 'deleted team/app: 3 tags, 2 manifests\n');
  const { stdout } = await command('trash', 'list');
  t.regex(stdout, /^DELETED .*\n20\S+Z  20\S+Z  -   team\/app  3 tags +\d+\n0 files/);
  t.like(await command('undelete', 'team/app'), { code: 0, stdout: 'repository team/app: 3 tags, 2 manifests\n' });
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v3')).text, other.body);
  const again = await command('undelete', 'team/app');
  t.is(again.code, 4);
  t.regex(again.stderr, /team\/app was not deleted as a whole, or is not in the trash any more/);
});

test('a delete that waits for its process is withdrawn, and one that nobody announced is not', async (t) => {
  const { registry, stowage } = await world(t);
  await push(registry, 'team/app', artifact(), 'v1');
  const repository = parseRepositoryName('team/app');
  const id = 'change-20261130T000000000Z-000001-00000000';
  const path = join(registry.root, new PathMapper().collections.change(id));
  await mkdir(dirname(path), { recursive: true });
  const announcement = { id, action: 'delete', name: repository, announcedAt: new Date() } as const;
  await writeFile(path, formatAnnouncement(announcement));
  t.like(await stowage('withdraw', 'team/app'), { code: 0, stdout: 'withdrew the delete of team/app\n' });
  await push(registry, 'team/app', artifact({ annotations: { a: 'b' } }), 'v2');
  const again = await stowage('withdraw', 'team/app');
  t.is(again.code, 1);
  t.regex(again.stderr, /no delete or rename of team\/app is announced/);
});

test('the withdrawal of a delete that has begun is recorded, and the delete does not end before its process has stopped', async (t) => {
  const { registry, stowage } = await world(t);
  await push(registry, 'team/app', artifact(), 'v1');
  const id = 'change-20261130T000000000Z-000001-00000000';
  const { collections } = new PathMapper();
  const path = join(registry.root, collections.change(id));
  await mkdir(dirname(path), { recursive: true });
  const repository = parseRepositoryName('team/app');
  await writeFile(join(registry.root, collections.changeState(id, 'under-way')), 'under-way');
  await writeFile(path, formatAnnouncement({ id, action: 'delete', name: repository, announcedAt: new Date() }));
  const withdrawn = await stowage('withdraw', 'team/app');
  t.like(withdrawn, { code: 0, stdout: 'recorded the withdrawal of the delete of team/app\n' });
  t.regex(withdrawn.stderr, /ends when the process that works on it has stopped, or within half an hour/);
  t.true((await stat(path)).isFile(), 'it is announced as before');
});

test('a rename whose process is gone before it has begun is withdrawn by a command that comes a quarter of an hour later', async (t) => {
  const { registry, stowage } = await world(t);
  await push(registry, 'team/app', artifact(), 'v1');
  const id = 'change-20261130T000000000Z-000001-00000000';
  const { collections } = new PathMapper();
  const path = join(registry.root, collections.change(id));
  await mkdir(dirname(path), { recursive: true });
  const [name, target] = ['team/app', 'other'].map(parseRepositoryName) as [RepositoryName, RepositoryName];
  await writeFile(join(registry.root, collections.changeState(id, 'worker-gone')), 'gone');
  await writeFile(path, formatAnnouncement({ id, action: 'rename', name, target, announcedAt: new Date() }));
  const early = await stowage('withdraw', 'team/app');
  t.is(early.code, 1);
  t.regex(early.stderr, /a process may be about to begin the rename to other/);
  const longAgo = new Date(Date.now() - 16 * 60_000);
  await utimes(join(registry.root, collections.changeState(id, 'withdrawn')), longAgo, longAgo);
  const late = await stowage('withdraw', 'team/app');
  t.like(late, { code: 0, stdout: 'withdrew the rename of team/app to other\n' });
  await push(registry, 'team/app', artifact({ annotations: { a: 'b' } }), 'v2');
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
  const strict = await world(t, {}, { enabled: false });
  t.regex((await strict.stowage('delete', 'team')).stderr, /set storage.delete.enabled to true/);
  const rename = await strict.stowage('rename', 'team', 'new');
  t.regex(rename.stderr, /a rename removes the old name; set storage.delete.enabled to true/);
  const readOnly = await world(t, { storage: { filesystem: {}, maintenance: { readonly: { enabled: true } } } });
  t.regex((await readOnly.stowage('delete', 'team')).stderr, /read-only/);
});

test('a registry that runs renames and deletes repositories, and the command waits for the end', async (t) => {
  const others = { admin: { enabled: true } };
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others });
  for (const name of ['team', 'other']) await push(registry, name, artifact(), 'v1');
  const target = ['--registry', new URL(registry.address).host];
  const stowage = (...words: string[]): Promise<Finished> => runInProcess(['repository', ...words, ...target]);
  const [renamed, deleted] = await Promise.all([stowage('rename', 'team', 'moved'), stowage('delete', 'other')]);
  t.like(renamed, { code: 0, stdout: 'renamed team to moved: 1 tags, 1 manifests\n' });
  t.regex(renamed.stderr, /announced; it begins in 20 seconds/);
  t.like(deleted, { code: 0, stdout: 'deleted other: 1 tags, 1 manifests\n' });
  const catalog = await registry.ask('GET', '/v2/_catalog');
  t.deepEqual(JSON.parse(catalog.text), { repositories: ['moved'] });
  const missing = await stowage('delete', 'other');
  t.is(missing.code, 4);
  t.regex(missing.stderr, /repository name not known/);
});
