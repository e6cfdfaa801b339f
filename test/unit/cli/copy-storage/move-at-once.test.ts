import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Digest } from '../../../../core/digest/digest.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { movingRegistry, pull } from '../../../helpers/http/moving-registry.ts';
import { digestOf, expectStatus, type Registry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { until } from '../../../helpers/running/until.ts';

const IMAGES = 24;

async function listed(registry: Registry, path: string): Promise<readonly string[]> {
  const answer = expectStatus(await registry.ask('GET', path), 200);
  const { repositories, tags } = JSON.parse(answer.text) as { repositories?: string[]; tags?: string[] };
  return repositories ?? tags ?? [];
}

test('a registry moves to another storage at once: what is pulled, pushed and listed meanwhile is there in the end', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  const wanted = new Map<string, string>();
  for (let index = 0; index < IMAGES; index += 1) {
    const [name, tag] = [`team/app${index % 3}`, `v${index}`];
    wanted.set(`${name} ${tag}`, await old.pushImage(name, tag, `layer ${index}`));
  }
  await old.stop();
  const moving = await serve();

  const copy = (): ReturnType<typeof runInProcess> =>
    runInProcess(['copy-storage', configurations.old, configurations.new]);
  const copying = copy();
  for (const [key, digest] of [...wanted]) {
    const [name = '', tag = ''] = key.split(' ');
    t.is(await pull(moving, name, tag), digest);
    if (Number(tag.slice(1)) % 4 !== 0) continue;
    wanted.set(key, await moving.pushImage(name, tag, `newer ${tag}`));
    wanted.set(`team/new ${tag}`, await moving.pushImage('team/new', tag, `layer ${tag.slice(1)}`));
  }
  t.deepEqual(await listed(moving, '/v2/_catalog'), ['team/app0', 'team/app1', 'team/app2', 'team/new']);
  t.is((await copying).code, 0, (await copying).stderr);
  for (;;) {
    const { code, stdout } = await copy();
    t.is(code, 0);
    if (stdout.endsWith('nothing was missing in the target\n')) break;
  }
  await moving.stop();

  await rename(old.root, `${old.root}-gone`);
  const moved = await serve({ readsOld: false });
  for (const [key, digest] of wanted) {
    const [name = '', tag = ''] = key.split(' ');
    t.is(await pull(moved, name, tag), digest);
  }
  for (let index = 0; index < 3; index += 1) {
    const tags = [...wanted.keys()]
      .filter((key) => key.startsWith(`team/app${index} `))
      .map((key) => key.split(' ')[1]);
    t.deepEqual(await listed(moved, `/v2/team/app${index}/tags/list`), tags.sort());
  }
  const { code, stdout } = await runInProcess(['scrub', '--dry-run', configurations.alone]);
  t.is(code, 0, stdout);
});

test('what is pulled gets to the new storage by itself', async (t) => {
  const { old, serve } = await movingRegistry(t);
  const manifest = await old.pushImage('app', 'v1', 'the layer');
  const moving = await serve();
  await pull(moving, 'app', 'v1');
  const paths = new PathMapper();
  for (const digest of [manifest, digestOf('the layer')]) {
    const path = paths.blobData(digest as Digest);
    const copy = await until(`${digest} is in the new storage`, () =>
      readFile(join(moving.root, path)).catch(() => undefined),
    );
    t.deepEqual(copy, await readFile(join(old.root, path)));
  }
});

test('an old storage that fails gives 503 for what only it has, and the rest is served', async (t) => {
  const { old, serve } = await movingRegistry(t);
  await old.pushImage('app', 'v1');
  const moving = await serve();
  await moving.pushImage('app', 'v2', 'newer');
  await rename(old.root, `${old.root}-gone`);
  for (const path of ['/v2/app/manifests/v1', '/v2/app/tags/list', '/v2/_catalog']) {
    const answer = expectStatus(await moving.ask('GET', path), 503);
    t.regex(answer.text, /"code":"UNAVAILABLE"/, path);
  }
  t.not(await pull(moving, 'app', 'v2'), undefined);
  await rename(`${old.root}-gone`, old.root);
  t.not(await pull(moving, 'app', 'v1'), undefined);
});

test('nothing is removed before the move is complete, and each refusal says why', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  const digest = await old.pushImage('app', 'v1');
  const moving = await serve();
  const reason = /storage\.copyfrom is set/;
  for (const path of [`/v2/app/manifests/${digest}`, '/v2/app/manifests/v1', `/v2/app/blobs/${digestOf('layer')}`]) {
    const answer = expectStatus(await moving.ask('DELETE', path), 405);
    t.regex(answer.text, reason, path);
  }
  await moving.stop();
  for (const args of [
    ['gc'],
    ['garbage-collect'],
    ['scrub'],
    ['run', 'retention'],
    ['run', 'tag-cleanup'],
    ['repository', 'delete', 'app'],
    ['repository', 'rename', 'app', 'other'],
  ]) {
    const { code, stderr } = await runInProcess([...args, configurations.new]);
    t.is(code, 1, args.join(' '));
    t.regex(stderr, reason, args.join(' '));
  }
  for (const args of [
    ['gc', '--dry-run'],
    ['scrub', '--dry-run'],
  ])
    t.is((await runInProcess([...args, configurations.new])).code, 0, args.join(' '));
  const copied = await runInProcess(['copy-storage', '--delete', configurations.old, configurations.new]);
  t.is(copied.code, 2);
  t.regex(copied.stderr, /storage\.copyfrom says is in use/);
});

test('check-config --connect looks for the old storage, and creates nothing', async (t) => {
  const { old, configurations } = await movingRegistry(t);
  const check = () => runInProcess(['check-config', '--connect', configurations.new]);
  await old.pushImage('app', 'v1');
  t.is((await check()).code, 0);
  await rename(old.root, `${old.root}-gone`);
  const { code, stdout, stderr } = await check();
  t.is(code, 1);
  t.regex(stdout + stderr, /storage\.copyfrom\.filesystem: .*it does not exist/s);
  await t.throwsAsync(readFile(old.root), { code: 'ENOENT' });
});

test('a command copies no access tokens: only the start of the registry does, and takes those that are there by then', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  await old.pushImage('team/app', 'v1', 'layer');
  await old.stop();
  const paths = new PathMapper();
  const [early, late] = [paths.accessTokens.token('user', 'early'), paths.accessTokens.token('user', 'late')];
  const isThere = (root: string, path: string): Promise<boolean> =>
    readFile(join(root, path)).then(
      () => true,
      () => false,
    );
  const create = async (path: string): Promise<void> => {
    await mkdir(join(old.root, path, '..'), { recursive: true });
    await writeFile(join(old.root, path), '{}');
  };
  await create(early);
  for (const command of [['gc', '--dry-run'], ['jobs'], ['doctor']])
    await runInProcess([...command, configurations.new]);
  const root = join(configurations.new, '..', 'new', 'root');
  t.false(await isThere(root, early));
  await create(late);
  const moving = await serve();
  t.deepEqual(await Promise.all([early, late].map((path) => isThere(moving.root, path))), [true, true]);
});

test('a command that reads a moving registry brings nothing to its storage', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  await old.pushImage('app', 'v1', 'layer');
  await (await serve()).stop();
  const blobs = join(configurations.new, '..', 'new', 'root', '/docker/registry/v2/blobs');
  const backup = join(configurations.new, '..', 'backup.yml');
  const filesystem = { rootdirectory: join(backup, '..', 'backup') };
  await writeFile(backup, JSON.stringify({ version: 0.1, storage: { filesystem } }));
  for (const args of [
    ['scrub', '--dry-run', configurations.new],
    ['copy-storage', configurations.new, backup],
  ])
    t.is((await runInProcess(args)).code, 0, args.join(' '));
  await t.throwsAsync(readdir(blobs), { code: 'ENOENT' });
});

test('an instance that has ended the move removes nothing until the last one has restarted', async (t) => {
  const { old, serve, configurations } = await movingRegistry(t);
  await old.pushImage('app', 'v1', 'layer');
  await old.stop();
  const other = await serve();
  t.is((await runInProcess(['copy-storage', configurations.old, configurations.new])).code, 0);
  for (const args of [['gc'], ['run', 'retention'], ['scrub']]) {
    const { code, stderr } = await runInProcess([...args, configurations.alone]);
    t.is(code, 1, args.join(' '));
    t.regex(stderr, /another instance still has storage\.copyfrom/, args.join(' '));
  }
  t.notRegex((await runInProcess(['jobs', configurations.alone])).stdout, /failed/);
  t.is((await runInProcess(['gc', '--dry-run', configurations.alone])).code, 0);
  await other.stop();
  t.is((await runInProcess(['gc', configurations.alone])).code, 0);
});
