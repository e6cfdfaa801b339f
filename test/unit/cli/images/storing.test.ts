import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pushLayeredImage } from '../../../helpers/content/layered-image.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

const ONE_LAYER = { layers: [{ 'app/a': 'a' }] };

for (const [what, bytes] of [
  ['nothing', ''],
  ['what is no JSON', 'not json'],
  ['a layer with a size that is no number', '{"schemaVersion":2,"layers":[{"digest":"sha256:0","size":"12"}]}'],
] as const) {
  test(`a folder takes ${what} as little as a registry for a manifest, and keeps its image`, async (t) => {
    const { registry, host, stowage, withInput, home } = await clientCommands(t);
    const { digest } = await pushLayeredImage(registry, 'app', 'v1', ONE_LAYER);
    const folder = `oci:${join(home, 'one')}:v1`;
    t.is((await stowage('pull', `${host}/app:v1`, folder)).code, 0);
    const { code, stdout, stderr } = await withInput(bytes, 'manifest', folder, '--put', '-');
    t.is(code, 1, stderr);
    t.is(stdout, '');
    t.regex(stderr, /MANIFEST_INVALID/);
    t.like(await stowage('digest', folder), { stdout: `${digest}\n` });
  });
}

test('a folder takes no manifest of which a layer is missing', async (t) => {
  const { registry, host, stowage, withInput, home } = await clientCommands(t);
  await pushLayeredImage(registry, 'app', 'v1', ONE_LAYER);
  const { stdout: manifest } = await stowage('manifest', `${host}/app:v1`);
  const { code, stderr } = await withInput(manifest, 'manifest', `oci:${join(home, 'new')}:v1`, '--put', '-');
  t.is(code, 1);
  t.regex(stderr, /MANIFEST_BLOB_UNKNOWN/);
});

test('an image can be put together in a new folder, blob by blob', async (t) => {
  const { registry, host, stowage, withInput, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', ONE_LAYER);
  const { stdout: manifest } = await stowage('manifest', `${host}/app:v1`);
  const folder = join(home, 'new');
  const { config, layers } = JSON.parse(manifest) as { config: { digest: string }; layers: Array<{ digest: string }> };
  for (const blob of [config, ...layers]) {
    const file = join(home, 'blob');
    await stowage('blob', `${host}/app@${blob.digest}`, '-o', file);
    t.deepEqual(await stowage('blob', `oci:${folder}`, '--put', file), {
      code: 0,
      stdout: `${blob.digest}\n`,
      stderr: '',
    });
    t.like(await stowage('tags', `oci:${folder}`), { code: 0, stdout: '' });
  }
  await access(join(folder, 'oci-layout'));
  t.like(await withInput(manifest, 'manifest', `oci:${folder}:v1`, '--put', '-'), { code: 0, stdout: `${digest}\n` });
  t.like(await stowage('digest', `oci:${folder}:v1`), { stdout: `${digest}\n` });
});

for (const kind of ['oci-archive', 'docker-archive']) {
  test(`neither a blob nor a manifest is put into ${kind}:, and nothing is made`, async (t) => {
    const { stowage, home } = await clientCommands(t);
    const file = join(home, 'file');
    await writeFile(file, '{}');
    for (const command of ['blob', 'manifest']) {
      const { code, stdout, stderr } = await stowage(command, `${kind}:${join(home, 'a.tar')}`, '--put', file);
      t.is(code, 2);
      t.is(stdout, '');
      t.regex(stderr, /is only written as a whole; store into a folder/);
    }
    t.deepEqual(await readdir(home), ['file']);
  });
}

for (const [what, layer, message] of [
  ['a size that is a text', { size: '12' }, /layers\[0\]\.size/],
  ['a digest that is none', { size: 1, digest: 'sha256:12' }, /layers\[0\]\.digest/],
] as const) {
  test(`inspect and diff refuse a manifest with ${what}, and name the place`, async (t) => {
    const { registry, host, stowage, home } = await clientCommands(t);
    await pushLayeredImage(registry, 'app', 'v1', ONE_LAYER);
    const folder = join(home, 'one');
    await stowage('pull', `${host}/app:v1`, `oci:${folder}:v1`);
    const { stdout } = await stowage('manifest', `${host}/app:v1`);
    const document = JSON.parse(stdout) as { layers: [object] };
    const bytes = JSON.stringify({ ...document, layers: [{ ...document.layers[0], ...layer }] });
    const digest = digestOf(bytes);
    await writeFile(join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length)), bytes);
    for (const args of [['inspect'], ['diff', `${host}/app:v1`]]) {
      const { code, stdout: shown, stderr } = await stowage(...args, `oci:${folder}@${digest}`);
      t.is(code, 1, stderr);
      t.is(shown, '');
      t.regex(stderr, message);
      t.true(stderr.includes(digest));
    }
  });
}
