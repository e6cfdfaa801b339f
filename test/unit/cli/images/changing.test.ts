import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../../helpers/http/with-registry.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

test('tag gives an image several tags', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const digest = await registry.pushImage('app', 'v1.2.3');
  const { code, stdout } = await stowage('tag', `${host}/app:v1.2.3`, 'v1.2', 'v1');
  t.is(code, 0);
  t.is(stdout, `${host}/app:v1.2@${digest}\n${host}/app:v1@${digest}\n`);
  t.like(await stowage('tags', `${host}/app`), { stdout: 'v1\nv1.2\nv1.2.3\n' });
  t.is((await stowage('tag', `${host}/app:v1`, 'not a tag')).code, 2);
});

test('rm removes a tag alone, and with --manifest the image with all tags', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const digest = await registry.pushImage('app', 'a');
  for (const tag of ['b', 'c']) await registry.pushImage('app', tag);
  t.deepEqual(await stowage('rm', `${host}/app:a`), { code: 0, stdout: `${host}/app:a\n`, stderr: '' });
  t.like(await stowage('tags', `${host}/app`), { stdout: 'b\nc\n' });
  t.like(await stowage('rm', '--manifest', `${host}/app:b`), { code: 0, stdout: `${host}/app@${digest}\n` });
  t.is((await stowage('digest', `${host}/app:c`)).code, 4);
});

test('rm takes no tag for granted, and refuses all before it removes any', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'latest');
  t.is((await stowage('rm', `${host}/app:latest`, `${host}/app`)).code, 2);
  t.is((await stowage('digest', `${host}/app`)).code, 0);
});

test('rm goes on after a failure if it shall, and ends with 3', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  for (const tag of ['a', 'c']) await registry.pushImage('app', tag);
  const images = ['a', 'b', 'c'].map((tag) => `${host}/app:${tag}`);
  const { code, stdout, stderr } = await stowage('rm', '--keep-going', ...images);
  t.is(code, 3);
  t.is(stdout, `${host}/app:a\n${host}/app:c\n`);
  t.regex(stderr, /^stowage: \S+\/app:b: .*MANIFEST_UNKNOWN/);
});

test('a dry run of tag, rm and attach changes nothing', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const digest = await registry.pushImage('app', 'v1');
  await writeFile(join(home, 'sbom'), '{}');
  t.like(await stowage('tag', '--dry-run', `${host}/app:v1`, 'v2'), { code: 0, stdout: `${host}/app:v2@${digest}\n` });
  t.like(await stowage('rm', '--dry-run', `${host}/app:v1`), {
    code: 0,
    stdout: `${host}/app:v1\n`,
    stderr: 'stowage: a dry run: nothing was removed\n',
  });
  t.is((await stowage('attach', '--dry-run', `${host}/app:v1`, join(home, 'sbom'), '--type', 'a/b')).code, 0);
  t.like(await stowage('tags', `${host}/app`), { stdout: 'v1\n' });
  t.like(await stowage('referrers', `${host}/app:v1`), { code: 0, stdout: '' });
});

test('attach lists files under the image, with their types, names and annotations', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const subject = await registry.pushImage('app', 'v1');
  await writeFile(join(home, 'sbom.json'), '{"spdx":1}');
  const file = `${join(home, 'sbom.json')}:application/json`;
  const type = 'application/spdx+json';
  const { code, stdout } = await stowage('attach', `${host}/app:v1`, file, '--type', type, '--annotation', 'by=me');
  t.is(code, 0);
  const digest = stdout.trim().slice(`${host}/app@`.length);
  const { stdout: manifest } = await stowage('manifest', `${host}/app@${digest}`);
  t.is(digestOf(manifest), digest);
  t.like(JSON.parse(manifest), { artifactType: type, annotations: { by: 'me' }, subject: { digest: subject } });
  t.deepEqual((JSON.parse(manifest) as { layers: unknown }).layers, [
    {
      mediaType: 'application/json',
      digest: digestOf('{"spdx":1}'),
      size: 10,
      annotations: { 'org.opencontainers.image.title': 'sbom.json' },
    },
  ]);
  t.regex((await stowage('referrers', `${host}/app:v1`)).stdout, new RegExp(`^${digest}  application/spdx\\+json`));
  t.like(await stowage('referrers', `${host}/app:v1`, '--type', 'a/b'), { stdout: '' });
  t.is((await stowage('blob', `${host}/app@${digestOf('{"spdx":1}')}`)).stdout, '{"spdx":1}');
});

test('tag and attach change a folder as they change a registry', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const digest = await registry.pushImage('app', 'v1');
  const folder = `oci:${join(home, 'images')}`;
  await stowage('pull', `${host}/app:v1`, `${folder}:v1`);
  const tagged = `${folder}:v2@${digest}\n${folder}:v3@${digest}\n`;
  t.like(await stowage('tag', '--dry-run', `${folder}:v1`, 'v2', 'v3'), { code: 0, stdout: tagged });
  t.like(await stowage('tags', folder), { stdout: 'v1\n' });
  t.like(await stowage('tag', `${folder}:v1`, 'v2', 'v3'), { code: 0, stdout: tagged });
  t.like(await stowage('tags', folder), { stdout: 'v1\nv2\nv3\n' });
  await writeFile(join(home, 'sbom'), '{}');
  const { code, stdout } = await stowage('attach', `${folder}:v1`, join(home, 'sbom'), '--type', 'a/b');
  t.is(code, 0);
  t.true(stdout.startsWith(`${folder}@sha256:`));
  t.regex((await stowage('referrers', `${folder}:v2`)).stdout, /^sha256:\w+ {2}a\/b/);
  t.like(await stowage('copy', '--referrers', `${folder}:v1`, `${host}/other:v1`), { code: 0 });
  t.regex((await stowage('referrers', `${host}/other:v1`)).stdout, / a\/b/);
});

test('what changes images prints JSON for programs', async (t) => {
  const { registry, host, stowage, withInput, home } = await clientCommands(t);
  const digest = await registry.pushImage('app', 'v1');
  const image = `${host}/app:v1`;
  const json = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await stowage(...args, '--json');
    t.is(code, 0, stderr);
    return JSON.parse(stdout);
  };
  t.deepEqual(await json('digest', image), { image, digest });
  t.deepEqual(await json('tag', image, 'a', 'b'), {
    digest,
    images: [`${host}/app:a@${digest}`, `${host}/app:b@${digest}`],
  });
  await writeFile(join(home, 'file'), 'text');
  t.deepEqual(await json('blob', `${host}/app`, '--put', join(home, 'file')), { digest: digestOf('text') });
  const attached = (await json('attach', image, join(home, 'file'), '--type', 'a/b')) as Record<string, string>;
  t.is(attached['image'], `${host}/app@${attached['digest']}`);
  t.deepEqual(await json('rm', `${host}/app:a`), { removed: [`${host}/app:a`] });
  const { stdout: manifest } = await stowage('manifest', image, '--json');
  t.is(digestOf(manifest), digest);
  const put = await withInput(manifest, 'manifest', `${host}/app:c`, '--put', '-', '--json');
  t.deepEqual(JSON.parse(put.stdout), { digest });
  const failed = await stowage('rm', '--json', `${host}/app:b`, `${host}/app:none`);
  t.is(failed.code, 4);
  t.deepEqual(JSON.parse(failed.stdout), { removed: [`${host}/app:b`] });
  t.like(JSON.parse(failed.stderr), { type: 'error', exitCode: 4 });
});

test('attach of a file that is not there changes nothing and ends with 2', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  const { code, stderr } = await stowage('attach', `${host}/app:v1`, '/nowhere/x', '--type', 'a/b');
  t.is(code, 2);
  t.regex(stderr, /there is no \/nowhere\/x;/);
  t.like(await stowage('referrers', `${host}/app:v1`), { stdout: '' });
});

for (const [args, message] of [
  [['attach', 'a/b', 'file'], /--type is missing/],
  [['attach', 'a/b', 'file', '--type', 'none'], /none is no media type/],
  [['attach', 'oci-archive:a', 'file', '--type', 'a/b'], /attach takes no archive.*copy it to a folder/],
  [['tag', 'oci-archive:a', 'b'], /"stowage copy" writes one with a tag/],
  [['tag', 'a'], /needs at least one <tags>/],
  [['rm', 'oci:a'], /is not in a registry, and rm takes nothing out of folders.*copy what shall stay/],
  [['rm', '--plain-http', 'a.test/x:1', 'b.test/x:1'], /--plain-http would hold for a\.test and b\.test; name the one/],
  [['manifest', 'a', '--put', 'x', '--platform', 'linux/amd64'], /--put takes no --platform/],
  [['blob', 'localhost/a'], /the digest of the blob is missing/],
  [['tags', 'localhost/a:b'], /tags takes a repository without a tag/],
  [['inspect', 'a', '--platform', 'arm64'], /--platform takes os\/arch/],
  [['tags', 'a', '--cert-file', 'x'], /--cert-file and --key-file go together/],
  [['tags', 'localhost/a', '--ca-file', '/nowhere/ca.pem'], /\/nowhere\/ca\.pem: does not exist/],
] as const) {
  test(`"stowage ${args.join(' ')}" is a wrong usage`, async (t) => {
    const { stowage } = await clientCommands(t);
    const { code, stderr } = await stowage(...args);
    t.is(code, 2);
    t.regex(stderr, message);
  });
}

test('referrers of an image that is gone are listed by its digest, and a digest that nothing refers to ends with 4', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const subject = await registry.pushImage('app', 'v1');
  await writeFile(join(home, 'sbom'), '{}');
  await stowage('attach', `${host}/app:v1`, join(home, 'sbom'), '--type', 'a/b');
  await stowage('rm', `${host}/app@${subject}`);
  t.regex((await stowage('referrers', `${host}/app@${subject}`)).stdout, /^sha256:\w+ {2}a\/b/);
  t.is((await stowage('referrers', `${host}/app:v1`)).code, 4);
  t.is((await stowage('referrers', `${host}/app@${digestOf('nothing')}`)).code, 4);
});
