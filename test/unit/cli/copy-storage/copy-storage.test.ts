import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Digest } from '../../../../core/digest/digest.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import type { Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

interface World {
  /** Serves the source. */
  readonly source: Registry;
  readonly folder: string;
  /** Copies the source to the folder `target`. */
  readonly copy: (...args: string[]) => Promise<Finished>;
  /** Serves the target. */
  readonly serveTarget: () => Promise<Registry>;
}

async function world(t: ExecutionContext): Promise<World> {
  const folder = await tempRoot(t);
  const source = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const target = join(folder, 'target');
  const [from, to] = [join(folder, 'from.yml'), join(folder, 'to.yml')];
  const write = (path: string, rootdirectory: string): Promise<void> =>
    writeFile(path, JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory } }, http: { addr: ':0' } }));
  await write(from, source.root);
  await write(to, join(target, 'root'));
  return {
    source,
    folder,
    copy: (...args) => runInProcess(['copy-storage', ...args, from, to]),
    serveTarget: () => withRegistry(t, { storage: { filesystem: {} }, folder: target }),
  };
}

test('a registry that serves is copied, and the copy serves its images', async (t) => {
  const { source, copy, serveTarget } = await world(t);
  const digest = await source.pushImage('team/app', 'v1');
  const { code, stdout, stderr } = await copy();
  t.is(code, 0, stderr);
  t.regex(
    stdout,
    /^looked at 3 blobs and 1 repository in \S+ s\ncopied 3 blobs \(\d+ B, .*\/s\), 1 tag and \d+ other files\n$/,
  );
  const target = await serveTarget();
  const answer = expectStatus(await target.ask('GET', '/v2/team/app/manifests/v1'), 200);
  t.is(answer.headers['docker-content-digest'], digest);
  const again = await copy('--delete');
  t.regex(again.stdout, /\nnothing was missing in the target\n$/);
});

test('a target that is served read-only is copied to, and one that a wrapper protects is refused', async (t) => {
  const { source, folder, copy } = await world(t);
  await source.pushImage('team/app', 'v1');
  const storage = { filesystem: { rootdirectory: join(folder, 'target', 'root') } };
  const write = (others: object): Promise<void> =>
    writeFile(join(folder, 'to.yml'), JSON.stringify({ version: 0.1, storage, http: { addr: ':0' }, ...others }));
  await write({ middleware: { storage: [{ name: 'readonly' }] } });
  const refused = await copy();
  t.is(refused.code, 2);
  t.regex(refused.stderr, /the middleware "readonly" of the target takes no changes/);
  await write({ storage: { ...storage, maintenance: { readonly: { enabled: true } } } });
  t.is((await copy()).code, 0);
});

test('what is damaged in the source gives exit code 9, and JSON has the whole report', async (t) => {
  const { source, copy } = await world(t);
  await source.pushImage('app', 'v1', 'the layer');
  const digest = digestOf('the layer');
  await writeFile(join(source.root, new PathMapper().blobData(digest as Digest)), 'damaged!!');
  const text = await copy();
  t.is(text.code, 9);
  t.true(text.stdout.startsWith(`content-damaged ${digest}: `), text.stdout);
  t.regex(text.stdout, /damage: 1; what is damaged in the source was not copied\n/);
  const { code, stdout } = await copy('--json', '--dry-run');
  t.is(code, 0);
  t.like(JSON.parse(stdout), { contents: 3, copiedContents: 1, dryRun: true, damage: 0 });
});

test('a dry run changes nothing', async (t) => {
  const { source, copy, serveTarget } = await world(t);
  await source.pushImage('app', 'v1');
  t.regex((await copy('--dry-run')).stdout, /copied 3 blobs .*\ndry run, nothing was changed\n$/s);
  const target = await serveTarget();
  expectStatus(await target.ask('GET', '/v2/app/tags/list'), 404);
});

test('storages that do not suit, and options that are no numbers, are refused with a remedy', async (t) => {
  const { folder, copy, source } = await world(t);
  const [from, to] = ['from.yml', 'memory.yml'].map((name) => join(folder, name)) as [string, string];
  await writeFile(to, JSON.stringify({ version: 0.1, storage: { inmemory: {} }, http: { addr: ':0' } }));
  const same = await runInProcess(['copy-storage', from, from]);
  t.is(same.code, 2);
  t.regex(same.stderr, /both configurations name the same storage/);
  await source.pushImage('app', 'v1');
  const memory = await runInProcess(['copy-storage', from, to]);
  t.is(memory.code, 2);
  t.regex(memory.stderr, /keeps its content in memory/);
  for (const option of ['--rate=fast', '--concurrency=0', '--concurrency=257']) t.is((await copy(option)).code, 2);
  t.is((await runInProcess(['copy-storage', from])).code, 2);
  const missing = join(folder, 'missing.yml');
  const nowhere = { filesystem: { rootdirectory: join(folder, 'nowhere') } };
  await writeFile(missing, JSON.stringify({ version: 0.1, storage: nowhere, http: { addr: ':0' } }));
  const refused = await runInProcess(['copy-storage', missing, from]);
  t.not(refused.code, 0);
  t.regex(refused.stderr, /nowhere/);
});

test('an empty source with --delete is refused, because it would empty the target', async (t) => {
  const { source, copy, folder } = await world(t);
  await source.pushImage('app', 'v1');
  await copy();
  const { code, stderr } = await runInProcess([
    'copy-storage',
    '--delete',
    await emptyStorage(folder),
    join(folder, 'to.yml'),
  ]);
  t.is(code, 2);
  t.regex(stderr, /the source has no repository, and the target has app/);
});

async function emptyStorage(folder: string): Promise<string> {
  const path = join(folder, 'empty.yml');
  const filesystem = { rootdirectory: join(folder, 'empty') };
  await writeFile(path, JSON.stringify({ version: 0.1, storage: { filesystem }, http: { addr: ':0' } }));

  await mkdir(filesystem.rootdirectory, { recursive: true });
  return path;
}
