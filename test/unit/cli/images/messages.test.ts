import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { OCI_INDEX } from '../../../helpers/content/artifacts.ts';
import { pushPlatforms } from '../../../helpers/content/layered-image.ts';
import { digestOf, expectStatus, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

test('a blob that a registry does not have is named with its address and the status', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  const digest = digestOf('nothing');
  const { code, stderr } = await stowage('blob', `${host}/app@${digest}`);
  t.is(code, 4);
  t.regex(stderr, new RegExp(`${host}/v2/app/blobs/${digest}`));
  t.regex(stderr, /404/);
});

for (const place of ['localhost:6101', '127.0.0.1:6101']) {
  test(`${place} without a repository is no image of Docker Hub`, async (t) => {
    const { stowage, home } = await clientCommands(t);
    const { code, stderr } = await stowage('copy', `oci:${home}`, place);
    t.is(code, 2);
    t.true(stderr.includes(`the repository is missing: ${place}/<name>`), stderr);
  });
}

test('a configuration that is not there is named as it was written', async (t) => {
  const { stowage, home } = await clientCommands(t);
  const path = join(home, 'nope.yml');
  const { code, stderr } = await stowage('digest', `store:${path}//a:b`);
  t.is(code, 2);
  t.true(stderr.startsWith(`stowage: store:${path} names a configuration that is not there`), stderr);
});

test('an archive that is given by its path is named by it, whatever kind it was taken for', async (t) => {
  const { host, stowage, home } = await clientCommands(t);
  const path = join(home, 'image.tar');
  await writeFile(path, 'no archive');
  const { code, stderr } = await stowage('push', path, `${host}/app:v1`);
  t.is(code, 1, stderr);
  t.true(stderr.includes(path));
  t.false(stderr.includes('oci-archive'));
});

test('what refers to a digest is listed before that is there', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  const subject = { mediaType: OCI_MANIFEST, digest: digestOf('{}'), size: 2 };
  const { stdout } = await stowage('manifest', `${host}/app:v1`);
  const body = JSON.stringify({ ...(JSON.parse(stdout) as object), mediaType: OCI_MANIFEST, subject });
  expectStatus(await registry.putManifest('app', digestOf(body), { body, type: OCI_MANIFEST }), 201);
  const listed = await stowage('referrers', `${host}/app@${subject.digest}`);
  t.is(listed.code, 0, listed.stderr);
  t.true(listed.stdout.startsWith(digestOf(body)));
});

test('a part of names that no repository has ends ls with 4, and an empty registry does not', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  t.deepEqual(await stowage('ls', host), { code: 0, stdout: '', stderr: '' });
  await registry.pushImage('team/app', 'v1');
  const { code, stderr } = await stowage('ls', `${host}/te`);
  t.is(code, 4);
  t.is(stderr, `stowage: there is no repository under ${host}/te\n`);
});

test('inspect shows an index in an index as what it is', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const digest = await pushPlatforms(registry, 'app', 'inner', ['amd64', 'arm64']);
  const { stdout: inner } = await stowage('manifest', `${host}/app:inner`);
  const manifests = [{ mediaType: OCI_INDEX, digest, size: Buffer.byteLength(inner) }];
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  expectStatus(await registry.putManifest('app', 'outer', { body, type: OCI_INDEX }), 201);
  const { stdout } = await stowage('inspect', `${host}/app:outer`);
  t.true(stdout.includes(`  an index  ${digest}  of 2 images\n`), stdout);
});
