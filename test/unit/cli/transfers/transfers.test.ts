import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { unpackTar } from 'modern-tar';
import { pushLayeredImage, pushPlatforms } from '../../../helpers/content/layered-image.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

const IMAGE = { layers: [{ a: 'first' }, { b: 'second' }] };

test('pull writes a layout, and push brings it into a registry with the same digest', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const layout = join(home, 'layout');
  const pulled = await stowage('pull', `${host}/app:v1`, `oci:${layout}`);
  t.is(pulled.code, 0, pulled.stderr);
  t.is(pulled.stdout, `oci:${layout}:v1@${digest}\n`);
  const pushed = await stowage('push', `${layout}`, `${host}/other/app:v2`);
  t.is(pushed.stdout, `${host}/other/app:v2@${digest}\n`);
  t.like(await stowage('digest', `${host}/other/app:v2`), { stdout: `${digest}\n` });
});

test('a second pull moves nothing', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const target = `oci:${join(home, 'layout')}`;
  await stowage('pull', `${host}/app:v1`, target);
  const { stdout } = await stowage('pull', `${host}/app:v1`, target, '--json');
  t.like(JSON.parse(stdout), { failed: [], bytes: 0 });
});

test('a pull without a tag or a target is that of latest, into a folder called like the repository', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'team/app', 'latest', IMAGE);
  const { stdout } = await stowage('pull', `${host}/team/app`, join(home, 'app'));
  t.is(stdout, `oci:${join(home, 'app')}:latest@${digest}\n`);
  t.like(await stowage('tags', `oci:${join(home, 'app')}`), { stdout: 'latest\n' });
});

test('the whole name selects an image of an archive, and goes with it into another archive', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const [one, two] = ['one', 'two'].map((name) => `docker-archive:${join(home, `${name}.tar`)}`) as [string, string];
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  t.is((await stowage('sync', `${host}/app`, one)).stdout, `${one}:v1@${digest}\n`);
  t.is((await stowage('copy', one, two)).stdout, `${two}:${host}/app:v1@${digest}\n`);
  for (const archive of [one, two])
    t.like(await stowage('digest', `${archive}:${host}/app:v1`), { stdout: `${digest}\n` });
  for (const other of ['app:v1', 'other/app:v1', `${host}/app:v2`])
    t.is((await stowage('digest', `${two}:${other}`)).code, 4);
  t.is((await stowage('copy', `${two}:${host}/app:v1`, `${one}:team/app`)).stdout, `${one}:team/app@${digest}\n`);
  t.like(await stowage('digest', `${one}:team/app:latest`), { stdout: `${digest}\n` });
  t.is((await stowage('copy', `${two}:${host}/app:v1`, `${one}:renamed:v2`)).code, 0);
  t.is((await stowage('sync', one, two)).stdout, `${two}:renamed:v2@${digest}\n`);
});

test('a registry that wants all images of an index is said to, with what to do, before the copy and after it', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushPlatforms(registry, 'app', 'v1', ['amd64', 'arm64', 's390x']);
  const sync = ['sync', `${host}/app`, `${host}/new`, '--platform', 'linux/amd64', '--platform', 'linux/arm64'];
  const planned = await stowage(...sync, '--dry-run');
  t.is(planned.code, 0);
  t.regex(planned.stderr, /names images that are not copied; .* --index rewrite/);
  const refused = await stowage(...sync, '-q');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /requires all images of the index .*; copy all platforms, or choose --index rewrite/);
  t.is((await stowage(...sync, '--index', 'rewrite')).code, 0);
});

test('progress goes to standard error, and the result alone to standard output', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const { stdout, stderr } = await stowage('copy', `${host}/app:v1`, `oci:${join(home, 'a')}`);
  t.is(stdout.split('\n').length, 2);
  t.regex(stderr, new RegExp(`^v1: ${digest}\n`));
  t.regex(stderr, /^[0-9a-f]{12} {2}copied {2}\d+ B$/m);
  t.regex(stderr, /^3 of 3 blobs, .* \(100 %\).*\n$/m);
  t.like(await stowage('copy', `${host}/app:v1`, `oci:${join(home, 'b')}`, '-q'), { stderr: '' });
  const json = await stowage('copy', `${host}/app:v1`, `oci:${join(home, 'c')}`, '--json');
  for (const line of json.stderr.trimEnd().split('\n')) t.true('type' in (JSON.parse(line) as object));
});

test('a dry run says what it would copy, and writes nothing', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const { code, stdout, stderr } = await stowage('copy', '--dry-run', `${host}/app:v1`, `${host}/new:v2`);
  t.is(code, 0);
  t.is(stdout, `${host}/new:v2@${digest}\n`);
  t.regex(stderr, /would be copied/);
  t.regex(stderr, /would be tagged v2/);
  t.regex(stderr, /^stowage: a dry run: nothing was copied$/m);
  t.is((await stowage('tags', `${host}/new`)).code, 4);
});

test('a copy within a registry mounts', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const { stderr } = await stowage('copy', `${host}/app:v1`, `${host}/new:v1`);
  t.regex(stderr, /mounted/);
});

test('one platform of an index is copied as the image that it is', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  await pushPlatforms(registry, 'app', 'v1', ['amd64', 'arm64']);
  const wanted = (await stowage('digest', `${host}/app:v1`, '--platform', 'linux/arm64')).stdout;
  const target = `oci:${join(home, 'one')}:v1`;
  t.is((await stowage('pull', `${host}/app:v1`, target, '--platform', 'linux/arm64')).code, 0);
  t.like(await stowage('digest', target), { stdout: wanted });
});

test('sync copies the tags that fulfil the rules, and prints each', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  for (const tag of ['v1.0.0', 'v1.1.0', 'v2.0.0', 'v2.1.0-rc1', 'nightly']) await registry.pushImage('app', tag);
  const { code, stdout } = await stowage('sync', `${host}/app`, `${host}/mirror`, '--semver', '>=1', '--newest', '2');
  t.is(code, 0);
  t.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/@.*/, '')),
    [`${host}/mirror:v1.1.0`, `${host}/mirror:v2.0.0`],
  );
  await stowage('sync', `${host}/app`, `${host}/second`, '--include', '{v1.*,nightly}', '--exclude', '*.1.*');
  t.like(await stowage('tags', `${host}/second`), { stdout: 'nightly\nv1.0.0\n' });
});

test('sync of a registry keeps the names of its repositories, and does not copy its copies', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  for (const name of ['team/a', 'team/sub/b', 'teams/c']) await registry.pushImage(name, 'v1');
  for (let round = 0; round < 2; round += 1)
    t.is((await stowage('sync', '-r', `${host}/team`, `${host}/team/mirror`, '-q')).code, 0);
  t.like(await stowage('ls', `${host}/team`), { stdout: 'team/a\nteam/mirror/a\nteam/mirror/sub/b\nteam/sub/b\n' });
  t.is((await stowage('sync', '-r', `${host}/team`, `${host}/team`)).code, 2);
});

test('sync goes on after an image that fails if it shall, says so, and ends with 3', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t, { storage: { filesystem: {} } });
  await registry.pushImage('app', 'bad', 'the lost layer');
  await registry.pushImage('app', 'good', 'another layer');
  const { stdout: manifest } = await stowage('manifest', `${host}/app:bad`);
  const { layers } = JSON.parse(manifest) as { layers: Array<{ digest: string }> };
  const hex = (layers[0]?.digest ?? '').slice('sha256:'.length);
  const blobs = join(registry.root, 'docker/registry/v2/blobs/sha256');
  await writeFile(join(blobs, hex.slice(0, 2), hex, 'data'), 'the wrong byte');
  const target = `oci:${join(home, 'layout')}`;
  const { code, stdout, stderr } = await stowage('sync', `${host}/app`, target, '--keep-going');
  t.is(code, 3, stderr);
  t.regex(stdout, /^oci:\S+:good@sha256:\S+\n$/);
  t.regex(stderr, /^stowage: \S+\/app:bad: /m);
  t.regex(stderr, /^stowage: 1 image failed, 1 copied; the same command tries them again$/m);
  t.like(await stowage('tags', target), { stdout: 'good\n' });
  t.is((await stowage('sync', `${host}/app`, `oci:${join(home, 'other')}`, '-q')).code, 1);
});

test('the storage of a configuration is read and written without a server', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const root = join(home, 'root');
  await mkdir(root);
  const config = join(home, 'config.yml');
  const storage = { filesystem: { rootdirectory: root }, delete: { enabled: true } };
  await writeFile(config, JSON.stringify({ version: 0.1, storage }));
  const copied = await stowage('copy', `${host}/app:v1`, `store:${config}//team/app:v1`);
  t.is(copied.code, 0, copied.stderr);
  t.is(copied.stdout, `store:${config}//team/app:v1@${digest}\n`);
  t.like(await stowage('ls', `store:${config}`), { stdout: 'team/app\n' });
  t.like(await stowage('tags', `store:${config}//team/app`), { stdout: 'v1\n' });
  t.like(await stowage('tag', `store:${config}//team/app:v1`, 'v2'), { code: 0 });
  t.like(await stowage('copy', `store:${config}//team/app:v2`, `${host}/back:v2`), { code: 0 });
  t.like(await stowage('digest', `${host}/back:v2`), { stdout: `${digest}\n` });
  const missing = await stowage('digest', `store:${config}//team/app:v3`);
  t.is(missing.code, 4);
  t.regex(missing.stderr, /manifest unknown.*v3.*\(MANIFEST_UNKNOWN\)/);
});

test('a folder, an archive or a storage that that does not exist is an error for those who read it', async (t) => {
  const { host, stowage, home } = await clientCommands(t);
  const none = join(home, 'none');
  for (const kind of ['oci', 'oci-archive', 'docker-archive']) {
    for (const args of [
      ['tags', `${kind}:${none}`],
      ['sync', `${kind}:${none}`, `${host}/app`],
      ['copy', `${kind}:${none}:v1`, `${host}/app`],
      ['copy', `${kind}:${none}:team/app:v1`, `${host}/app`],
    ]) {
      const { code, stderr } = await stowage(...args);
      t.is(code, 4, `${args.join(' ')}: ${stderr}`);
      t.regex(stderr, /there is no .*none.*check the path/);
    }
  }
  const config = join(home, 'config.yml');
  await writeFile(config, JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory: none } } }));
  const { code, stderr } = await stowage('tags', `store:${config}//app`);
  t.is(code, 2);
  t.regex(stderr, /it does not exist/);
});

test('sync copies all repositories of a storage without a server, and into one that is new', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  for (const name of ['team/a', 'team/sub/b', 'other']) await registry.pushImage(name, 'v1');
  const config = join(home, 'config.yml');
  const storage = { filesystem: { rootdirectory: join(home, 'root') } };
  await writeFile(config, JSON.stringify({ version: 0.1, storage }));
  const filled = await stowage('sync', '-r', host, `store:${config}`, '-q');
  t.is(filled.code, 0, filled.stderr);
  t.like(await stowage('ls', `store:${config}`), { stdout: 'other\nteam/a\nteam/sub/b\n' });
  const read = await stowage('sync', '-r', `store:${config}//team`, `${host}/back`, '-q');
  t.is(read.code, 0, read.stderr);
  t.like(await stowage('ls', `${host}/back`), { stdout: 'back/a\nback/sub/b\n' });
  t.is((await stowage('sync', '-r', `store:${config}`, `store:${config}`)).code, 2);
  const folder = await stowage('sync', '-r', 'oci:folder', host);
  t.is(folder.code, 2);
  t.regex(folder.stderr, /oci:folder holds no repositories; write a registry, or store:<config\.yml>/);
});

test('a storage that is read-only is not changed', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  await mkdir(join(home, 'root'));
  const config = join(home, 'config.yml');
  const storage = { filesystem: { rootdirectory: join(home, 'root') }, maintenance: { readonly: { enabled: true } } };
  await writeFile(config, JSON.stringify({ version: 0.1, storage }));
  const { code, stderr } = await stowage('copy', `${host}/app:v1`, `store:${config}//app:v1`);
  t.is(code, 2);
  t.regex(stderr, /makes its registry read-only/);
});

test('archives of OCI and of docker are written, found by what they are, and pushed', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'team/app', 'v1', IMAGE);
  for (const kind of ['oci-archive', 'docker-archive']) {
    const file = join(home, `${kind}.tar`);
    const pulled = await stowage('pull', `${host}/team/app:v1`, `${kind}:${file}`, '-q');
    t.deepEqual(pulled, { code: 0, stdout: `${kind}:${file}:v1@${digest}\n`, stderr: '' });
    t.like(await stowage('tags', `${kind}:${file}`), { stdout: 'v1\n' });
    const pushed = await stowage('push', file, `${host}/${kind}:v2`, '-q');
    t.deepEqual(pushed, { code: 0, stdout: `${host}/${kind}:v2@${digest}\n`, stderr: '' });
  }
  const entries = await unpackTar(await readFile(join(home, 'docker-archive.tar')));
  const manifest = entries.find(({ header }) => header.name === 'manifest.json');
  t.like(JSON.parse(Buffer.from(manifest?.data ?? []).toString()), [{ RepoTags: [`${host}/team/app:v1`] }]);
});

test('a file that is not an archive of images is not pushed', async (t) => {
  const { host, stowage } = await clientCommands(t);
  const { code, stderr } = await stowage('push', 'package.json', `${host}/app`);
  t.is(code, 1);
  t.regex(stderr, /package\.json/);
});

test('a layout that is damaged is not pushed', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  await pushLayeredImage(registry, 'app', 'v1', IMAGE);
  const layout = join(home, 'layout');
  await stowage('pull', `${host}/app:v1`, `oci:${layout}`);
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
    manifests: Array<{ digest: string }>;
  };
  const hex = (index.manifests[0]?.digest ?? '').slice('sha256:'.length);
  const manifest = JSON.parse(await readFile(join(layout, 'blobs/sha256', hex), 'utf8')) as {
    layers: Array<{ digest: string }>;
  };
  const layer = join(layout, 'blobs/sha256', (manifest.layers[1]?.digest ?? '').slice('sha256:'.length));
  const bytes = await readFile(layer);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await writeFile(layer, bytes);
  const { code, stdout } = await stowage('push', `oci:${layout}:v1`, `${host}/new:v1`, '-q');
  t.is(code, 1);
  t.is(stdout, '');
  t.is((await stowage('digest', `${host}/new:v1`)).code, 4);
});

for (const [args, message] of [
  [['push', 'oci:a', 'oci:b'], /push goes to a registry; "stowage copy" goes anywhere/],
  [['pull', 'oci:a', 'b'], /pull takes from a registry/],
  [['pull', 'a', '--window', '65'], /--window takes a whole number from 1 to 64, not "65"/],
  [['pull', 'a', '--window', '1e1'], /--window takes a whole number/],
  [['pull', 'a', '--index', 'image'], /--index goes with --platform/],
  [['pull', 'a', '--index', 'none', '--platform', 'a/b'], /--index takes image, sparse or rewrite/],
  [
    ['pull', 'a', '--index', 'image', '--platform', 'a/b', '--platform', 'a/c'],
    /--index image goes with one --platform/,
  ],
  [['copy', 'a'], /"copy" needs <target>/],
  [['sync', 'localhost/a:b', 'localhost/c'], /is one image; sync takes a repository/],
  [['sync', 'a', 'b', '--semver', 'latest!'], /--semver takes a range of versions, not "latest!"/],
  [['sync', 'a', 'b', '--newest', '0'], /--newest takes a whole number from 1/],
] as const) {
  test(`"stowage ${args.join(' ')}" is a wrong usage`, async (t) => {
    const { stowage } = await clientCommands(t);
    const { code, stderr } = await stowage(...args);
    t.is(code, 2, stderr);
    t.regex(stderr, message);
  });
}
