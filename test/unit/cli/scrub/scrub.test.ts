import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseCommandLine } from '../../../../cli/command-line.ts';
import type { Digest } from '../../../../core/digest/digest.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { artifact, push } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { type Finished, startNode } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const LAYER = 'the bytes of a layer';
const DIGEST = digestOf(LAYER);

interface World {
  /** Serves the storage on which the commands run. */
  readonly registry: Registry;
  readonly stowage: (...args: string[]) => Promise<Finished>;
  /** The same in a process of its own. */
  readonly process: (...args: string[]) => Promise<Finished>;
  /** Replaces the stored bytes of a digest. */
  readonly damage: (digest: string) => Promise<void>;
}

async function world(t: ExecutionContext, maintenance: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const path = join(folder, 'scrub.yml');
  const storage = { filesystem: { rootdirectory: registry.root }, maintenance };
  const http = { addr: '127.0.0.1:0', secret: 'x' };
  await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http }));
  return {
    registry,
    stowage: (...args) => runInProcess([...args, path]),
    process: (...args) => startNode(['dist/bundle/bin.js', ...args, path]).finished,
    damage: (digest) => writeFile(join(registry.root, new PathMapper().blobData(digest as Digest)), 'damaged'),
  };
}

test('damaged content is reported with exit code 9, is unknown to the running registry, and a push repairs it', async (t) => {
  const { registry, stowage, damage } = await world(t);
  await registry.pushBlob('app', LAYER);
  t.like(await stowage('scrub'), { code: 0, stderr: '' });
  await damage(DIGEST);

  const dry = await stowage('scrub', '--dry-run');
  t.like(dry, { code: 9, stderr: '' });
  t.true(dry.stdout.startsWith(`content-damaged ${DIGEST}: the stored bytes do not match their digest; `), dry.stdout);
  t.true(dry.stdout.endsWith('dry run, nothing was changed\n'), dry.stdout);

  const { code, stdout } = await stowage('scrub');
  t.is(code, 9);
  const [line, ...summary] = stdout.trimEnd().split('\n');
  t.true(line?.startsWith(`content-damaged ${DIGEST} (quarantined): `), line);
  t.regex(
    summary.join('\n'),
    /^verified 1 blob, read \d+ B in \S+ s\ndamage: 1; remarks: 0\n {2}content-damaged: 1\ndone: 1 quarantined$/,
  );
  const blob = `/v2/app/blobs/${DIGEST}`;
  expectStatus(await registry.ask('HEAD', blob), 404);
  t.regex(expectStatus(await registry.ask('GET', blob), 404).text, /BLOB_UNKNOWN/);

  await registry.pushBlob('app', LAYER);
  t.is(expectStatus(await registry.ask('GET', blob), 200).text, LAYER);
  t.like(await stowage('scrub'), { code: 0, stderr: '' });
});

test('a damaged manifest is unknown by tag and by digest until it is pushed again', async (t) => {
  const { registry, stowage, damage } = await world(t);
  const manifest = artifact();
  await push(registry, 'app', manifest, 'v1');
  await damage(manifest.digest);
  const { code, stdout } = await stowage('scrub');
  t.is(code, 9);
  t.regex(stdout, /^tag-dangling app:v1 sha256:/m);
  const fresh = await withRegistry(t, { storage: { filesystem: {} }, folder: join(registry.root, '..') });
  for (const reference of ['v1', manifest.digest]) {
    const answer = expectStatus(await fresh.ask('GET', `/v2/app/manifests/${reference}`), 404);
    t.regex(answer.text, /MANIFEST_UNKNOWN/);
    expectStatus(await fresh.ask('HEAD', `/v2/app/manifests/${reference}`), 404);
  }
  await push(fresh, 'app', manifest);
  t.is(expectStatus(await fresh.ask('GET', '/v2/app/manifests/v1'), 200).text, manifest.body);
});

test('a scrub that waits most of the time, because of its limits, still reads everything', async (t) => {
  const { registry, process } = await world(t);
  await registry.pushBlob('app', LAYER);
  for (const limit of ['--rate=100', '--call-rate=20']) {
    const { code, stdout } = await process('scrub', limit);
    t.is(code, 0);
    t.regex(stdout, /^verified 1 blob, read 20 B in /, limit);
  }
});

test('the report as JSON is one line', async (t) => {
  const { registry, stowage, damage } = await world(t);
  await registry.pushBlob('app', LAYER);
  await damage(DIGEST);
  const { code, stdout } = await stowage('scrub', '--json');
  t.is(code, 9);
  t.like(JSON.parse(stdout), {
    blobs: 1,
    damage: 1,
    dryRun: false,
    findings: [{ code: 'content-damaged', action: 'quarantined', digest: DIGEST, size: 7 }],
  });
});

test('"stowage run scrub" ends with the same exit code, and its last run is stored', async (t) => {
  const { registry, stowage, damage } = await world(t);
  await registry.pushBlob('app', LAYER);
  t.is((await stowage('run', 'scrub')).code, 0);
  await damage(DIGEST);
  t.is((await stowage('run', 'scrub')).code, 9);
  t.regex((await stowage('jobs')).stdout, /scrub: .*\n.*\n {2}last run: completed .*damage 1/);
});

test('a configured dry run stays one, and a read-only registry can only be verified', async (t) => {
  const dry = await world(t, { scrub: { dryrun: true } });
  await dry.registry.pushBlob('app', LAYER);
  await dry.damage(DIGEST);
  t.regex((await dry.stowage('scrub')).stdout, /dry run, nothing was changed\n$/);
  const readOnly = await world(t, { readonly: { enabled: true } });
  t.deepEqual(await readOnly.stowage('scrub'), {
    code: 1,
    stdout: '',
    stderr: 'stowage: scrub was not run: the registry is read-only; --dry-run shows what it would change\n',
  });
  t.is((await readOnly.stowage('scrub', '--dry-run')).code, 0);
});

test('damaged content is repaired from the replica in the configuration, and a replica that is not there is an error', async (t) => {
  const replica = await withRegistry(t, { storage: { filesystem: {} }, folder: await tempRoot(t) });
  await replica.pushBlob('app', LAYER);
  const { registry, stowage, damage } = await world(t, {
    scrub: { replica: { filesystem: { rootdirectory: replica.root } } },
  });
  await registry.pushBlob('app', LAYER);
  await damage(DIGEST);
  t.regex(
    (await stowage('scrub')).stdout,
    /^content-damaged sha256:\w+ \(repaired\): .* \(repaired from the replica\)$/m,
  );
  t.is(expectStatus(await registry.ask('GET', `/v2/app/blobs/${DIGEST}`), 200).text, LAYER);

  const folder = await tempRoot(t);
  const absent = await world(t, { scrub: { replica: { filesystem: { rootdirectory: join(folder, 'absent') } } } });
  await absent.registry.pushBlob('app', LAYER);
  await absent.damage(DIGEST);
  const { code, stdout } = await absent.stowage('scrub');
  t.is(code, 9);
  t.regex(stdout, /\(quarantined\): .* \(it could not be repaired: .*absent.* it does not exist/);
  t.deepEqual(await readdir(folder), []);
});

test('a replica whose driver is unknown, or refuses its options, stops the start', async (t) => {
  for (const [replica, said] of [
    [{ filesystemm: {} }, /config\.yml|filesystemm/],
    [{ filesystem: { rootdirectorie: '/a' } }, /storage\.maintenance\.scrub\.replica\.filesystem.*rootdirectorie/],
  ] as const) {
    const { stowage } = await world(t, { scrub: { replica } });
    const { code, stderr } = await stowage('check-config');
    t.is(code, 2, stderr);
    t.regex(stderr, said);
  }
});

test('the arguments of scrub', (t) => {
  t.like(parseCommandLine(['scrub', '--rate', '200MiB', 'a.yml'], {}), {
    kind: 'scrub',
    bytesPerSecond: 200 * 1024 * 1024,
    path: 'a.yml',
  });
  t.like(parseCommandLine(['scrub', '--call-rate', '50'], {}), { callRate: 50 });
  for (const [args, message] of [
    [['scrub', '--rate', 'fast'], '--rate "fast" is not a size such as 200MiB'],
    [['scrub', '--rate', '0'], '--rate "0" is not a size such as 200MiB'],
    [['scrub', '--call-rate', '0.5'], '--call-rate takes a whole number from 0 to 1000000, not "0.5"'],
    [['scrub', '--resume', '--dry-run'], /^--resume and --dry-run exclude each other/],
  ] as const) {
    t.throws(() => parseCommandLine(args, {}), { name: 'UsageError', message });
  }
});
