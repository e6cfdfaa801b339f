import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { blake3 } from 'hash-wasm';
import { startTestRegistry } from 'stowage';

const PLUGINS = ['sha384', 'blake3'].map((name) => new URL(`../src/${name}.js`, import.meta.url).pathname);
const BYTES = Buffer.from('a blob with several names');
const NAMES: Readonly<Record<string, (bytes: Buffer) => Promise<string>>> = {
  sha384: async (bytes) => `sha384:${createHash('sha384').update(bytes).digest('hex')}`,
  blake3: async (bytes) => `blake3:${await blake3(bytes)}`,
};

function start() {
  return startTestRegistry({ configuration: { plugins: PLUGINS } });
}

for (const [algorithm, digestOf] of Object.entries(NAMES)) {
  void test(`a blob and a manifest are pushed and pulled by ${algorithm}`, async () => {
    await using registry = await start();
    const digest = await digestOf(BYTES);
    await push(registry.url, digest, [BYTES]);
    const blob = await fetch(`${registry.url}/v2/app/blobs/${digest}`);
    assert.deepEqual(Buffer.from(await blob.arrayBuffer()), BYTES);
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest, size: BYTES.byteLength };
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
    const path = `${registry.url}/v2/app/manifests/${await digestOf(body)}`;
    const put = await fetch(path, { method: 'PUT', headers: { 'Content-Type': mediaType }, body });
    assert.equal(put.status, 201, await put.text());
    assert.equal((await fetch(path)).headers.get('docker-content-digest'), await digestOf(body));
  });

  void test(`bytes of another ${algorithm} are refused`, async () => {
    await using registry = await start();
    const digest = await digestOf(Buffer.from('other'));
    await assert.rejects(push(registry.url, digest, [BYTES]), /400.*DIGEST_INVALID/);
  });

  void test(`an upload in chunks ends with its ${algorithm}`, async () => {
    await using registry = await start();
    const chunks = ['x', 'y', 'z'].map((letter) => Buffer.alloc(2_000_000, letter));
    await push(registry.url, await digestOf(Buffer.concat(chunks)), chunks);
  });
}

/** Pushes a blob, each chunk in a request. */
async function push(url: string, digest: string, chunks: readonly Buffer[]): Promise<void> {
  const hint = `?digest-algorithm=${digest.split(':')[0]}`;
  let answer = await fetch(`${url}/v2/app/blobs/uploads/${hint}`, { method: 'POST' });
  for (const body of chunks) {
    answer = await fetch(locationOf(answer), { method: 'PATCH', body: new Uint8Array(body) });
  }
  const end = new URL(locationOf(answer));
  end.searchParams.set('digest', digest);
  const { status, ...last } = await ended(end);
  if (status !== 201) throw new Error(`${status}: ${last.text}`);
}

async function ended(url: URL): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(url, { method: 'PUT' });
  return { status: answer.status, text: await answer.text() };
}

function locationOf(answer: Response): string {
  return new URL(answer.headers.get('location') ?? '', answer.url).href;
}
