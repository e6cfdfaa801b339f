import test from 'ava';
import { OCI_INDEX } from '../../../helpers/content/artifacts.ts';
import { pushLayeredImage, pushPlatforms } from '../../../helpers/content/layered-image.ts';
import { expectStatus, OCI_MANIFEST, type Registry } from '../../../helpers/http/with-registry.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

const BASE = { 'etc/base': 'base' };

/** Pushes an index whose images have the base layer and one that says `text`. */
async function pushIndex(registry: Registry, tag: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const manifests: unknown[] = [];
  for (const [architecture, text] of Object.entries(texts)) {
    const image = await pushLayeredImage(registry, 'app', '', { layers: [BASE, { 'bin/app': text }], architecture });
    manifests.push({ mediaType: OCI_MANIFEST, ...image, platform: { os: 'linux', architecture } });
  }
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  expectStatus(await registry.putManifest('app', tag, { body, type: OCI_INDEX }), 201);
}

test('diff of two indexes compares every platform', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushIndex(registry, 'v1', { amd64: 'same', arm64: 'old', s390x: 'gone' });
  await pushIndex(registry, 'v2', { amd64: 'same', arm64: 'newer', riscv64: 'young' });
  const { code, stdout, stderr } = await stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--exit-code');
  t.is(code, 6, stderr);
  const digest = 'sha256:[0-9a-f]{64}';
  t.regex(stdout, /^ {2}1 platform with the same image$/m);
  t.regex(stdout, new RegExp(`^- linux/s390x  ${digest}$`, 'm'));
  t.regex(stdout, new RegExp(`^\\+ linux/riscv64  ${digest}$`, 'm'));
  t.regex(stdout, new RegExp(`^~ linux/arm64  ${digest} -> ${digest}  1 layer shared, 1 removed, 1 added, `, 'm'));
  t.notRegex(stdout, /the same image:/);
  const json = await stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--json');
  t.like(JSON.parse(json.stdout), {
    platforms: {
      same: [{ platform: 'linux/amd64' }],
      onlyFirst: [{ platform: 'linux/s390x' }],
      onlySecond: [{ platform: 'linux/riscv64' }],
      changed: [{ platform: 'linux/arm64', layers: { shared: 1, onlyFirst: 1, onlySecond: 1 } }],
    },
  });
});

test('diff of two indexes with --platform compares one image of each', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushIndex(registry, 'v1', { amd64: 'same', arm64: 'old' });
  await pushIndex(registry, 'v2', { amd64: 'same', arm64: 'new' });
  const diff = (platform: string) =>
    stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--exit-code', '--platform', platform, '--files');
  const same = await diff('linux/amd64');
  t.is(same.code, 0);
  t.regex(same.stdout, /^the same image: sha256:/);
  const other = await diff('linux/arm64');
  t.is(other.code, 6);
  t.regex(other.stdout, /^~ \/bin\/app {2}3 B, other bytes$/m);
});

test('diff of the files of whole indexes is refused, and says what to add', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushPlatforms(registry, 'app', 'v1', ['amd64', 'arm64']);
  const { code, stderr } = await stowage('diff', `${host}/app:v1`, `${host}/app:v1`, '--files');
  t.is(code, 2);
  t.regex(stderr, /--platform says which of these indexes/);
});

test('diff of an index and an image takes the image for the same platform, and says so', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushIndex(registry, 'multi', { amd64: 'one', arm64: 'other' });
  await pushLayeredImage(registry, 'app', 'arm', { layers: [BASE, { 'bin/app': 'other' }], architecture: 'arm64' });
  const { code, stdout, stderr } = await stowage('diff', `${host}/app:multi`, `${host}/app:arm`, '--exit-code');
  t.is(code, 0);
  t.regex(stdout, /^the same image: /);
  t.is(stderr, `stowage: ${host}/app:multi is an index; its image for linux/arm64 is compared\n`);
});

test('diff of two manifests that differ in annotations only shows these', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushLayeredImage(registry, 'app', 'v1', { layers: [BASE] });
  const { stdout: text } = await stowage('manifest', `${host}/app:v1`);
  const body = JSON.stringify({ ...(JSON.parse(text) as object), annotations: { team: 'blue' } });
  expectStatus(await registry.putManifest('app', 'v2', { body, type: OCI_MANIFEST }), 201);
  const { code, stdout } = await stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--exit-code');
  t.is(code, 6);
  t.true(stdout.split('\n').includes('+ manifest.annotations.team: "blue"'), stdout);
});
