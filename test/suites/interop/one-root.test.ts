import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../../../testing/driver-case.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { testsOf } from '../clients/client-test.ts';
import { type Client, digestOf, imageOf } from './client.ts';
import { collectGarbage, type Kind, serve, serveBoth } from './registries.ts';

const test = testsOf('docker-registry', { 'docker-registry': 'docker-registry' });

const IMAGE = imageOf('one');

test('each registry reads by tag, by digest and blob by blob what the other wrote', async (t) => {
  const { pairs } = await serveBoth(t);
  for (const [index, [writer, reader]] of pairs.entries()) {
    const image = imageOf(`read ${index}`);
    const name = `team/app-${index}`;
    await writer.push(name, 'v1', image);
    for (const reference of ['v1', digestOf(image.manifest)]) {
      const answer = await reader.ask('GET', `/v2/${name}/manifests/${reference}`, 200);
      t.is(answer.headers.get('docker-content-digest'), digestOf(image.manifest));
      t.is(answer.headers.get('content-type'), 'application/vnd.oci.image.manifest.v1+json');
      t.true(Buffer.from(await answer.arrayBuffer()).equals(image.manifest));
    }
    for (const blob of image.blobs) {
      t.true((await reader.bytes(`/v2/${name}/blobs/${digestOf(blob)}`)).equals(blob));
    }
    t.deepEqual(await reader.json(`/v2/${name}/tags/list`), { name, tags: ['v1'] });
  }
  for (const [, reader] of pairs) {
    t.deepEqual(await reader.json('/v2/_catalog'), { repositories: ['team/app-0', 'team/app-1'] });
  }
});

test('each registry sees what the other deletes or mounts', async (t) => {
  const { pairs } = await serveBoth(t);
  const [layer = Buffer.alloc(0)] = IMAGE.blobs.slice(1);
  for (const [index, [one, other]] of pairs.entries()) {
    const name = `app-${index}`;
    await other.push(name, 'v1', IMAGE);
    const path = `/v2/copy-${index}/blobs/${digestOf(layer)}`;
    await one.ask('POST', `/v2/copy-${index}/blobs/uploads/?mount=${digestOf(layer)}&from=${name}`, 201);
    t.true((await other.bytes(path)).equals(layer));
    await one.ask('DELETE', path, 202);
    await other.ask('GET', path, 404);
    await other.ask('GET', `/v2/${name}/manifests/v1`, 200);
    await one.ask('DELETE', `/v2/${name}/manifests/${digestOf(IMAGE.manifest)}`, 202);
    await other.ask('GET', `/v2/${name}/manifests/v1`, 404);
  }
});

test('a tag without a history and a revision without content, which a crash of Stowage may leave, disturb neither of them nor the garbage collection', async (t) => {
  const { root, pairs } = await serveBoth(t);
  const [[stowage], [debian]] = pairs as [[Client, Client], [Client, Client]];
  await stowage.push('app', 'v1', IMAGE);
  const manifests = join(root, 'docker/registry/v2/repositories/app/_manifests');
  await rm(join(manifests, 'tags/v1/index'), { recursive: true });
  const lost = digestOf(Buffer.from('lost'));
  const revision = join(manifests, 'revisions', lost.replace(':', '/'));
  await mkdir(revision);
  await writeFile(join(revision, 'link'), lost);
  const check = async (): Promise<void> => {
    for (const registry of [stowage, debian]) {
      t.true((await registry.bytes('/v2/app/manifests/v1')).equals(IMAGE.manifest));
      for (const blob of IMAGE.blobs) t.true((await registry.bytes(`/v2/app/blobs/${digestOf(blob)}`)).equals(blob));
      t.deepEqual(await registry.json('/v2/app/tags/list'), { name: 'app', tags: ['v1'] });
      await registry.ask('GET', `/v2/app/manifests/${lost}`, 404);
    }
  };
  await check();
  await collectGarbage(t, root);
  await check();
  await debian.push('app', 'v1', imageOf('next'));
  t.true((await stowage.bytes('/v2/app/manifests/v1')).equals(imageOf('next').manifest));
});

test('an upload goes back and forth between them, begun by either', async (t) => {
  const { pairs } = await serveBoth(t);
  for (const [index, [one, other]] of pairs.entries()) {
    const bytes = Buffer.concat([300_000, 1, 77].map((size, part) => Buffer.alloc(size, `${index}${part}`)));
    let location = await one.send(await one.begin('app'), bytes.subarray(0, 1000));
    location = await other.send(location, bytes.subarray(1000, 100_000));
    location = await one.send(location, bytes.subarray(100_000, 299_999));
    const status = await other.ask('GET', location, 204);
    t.is(status.headers.get('range'), '0-299998');
    await other.finish(location, digestOf(bytes), bytes.subarray(299_999));
    for (const reader of [one, other]) {
      t.true((await reader.bytes(`/v2/app/blobs/${digestOf(bytes)}`)).equals(bytes));
    }
  }
});

test('an upload without bytes is known to Stowage whoever began it, and to docker-registry if it did so itself', async (t) => {
  const { root, pairs } = await serveBoth(t);
  const [stowage, debian] = pairs[0] ?? [];
  if (stowage === undefined || debian === undefined) return t.fail();
  const bytes = Buffer.from('bytes');
  const begunHere = await stowage.begin('app');
  t.deepEqual(await filesOf(root), new Map());
  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    const answer = await debian.ask(method, begunHere, 404);
    t.regex(await answer.text(), /BLOB_UPLOAD_UNKNOWN/);
  }
  await stowage.finish(await stowage.send(begunHere, bytes), digestOf(bytes));

  const begunThere = await debian.begin('app');
  const status = await stowage.ask('GET', begunThere, 204);
  t.is(status.headers.get('range'), '0-0');
  await debian.finish(await stowage.send(begunThere, bytes), digestOf(bytes));
  await stowage.finish(await debian.begin('app'), digestOf(bytes), bytes);
  const cancelled = await debian.begin('app');
  await stowage.ask('DELETE', cancelled, 204);
  await debian.ask('GET', cancelled, 404);
});

test('each finishes with the hash state that the other kept, and does not read the bytes again', async (t) => {
  const { root, pairs } = await serveBoth(t);
  for (const [index, [one, other]] of pairs.entries()) {
    // Stowage keeps none of fewer than 4 MiB.
    const bytes = Buffer.alloc(5 * MIB, `state ${index}`);
    const location = await one.send(await one.begin('app'), bytes);
    const uploads = join(root, 'docker/registry/v2/repositories/app/_uploads');
    const [uuid = ''] = await readdir(uploads);
    // A reader would refuse them.
    await writeFile(join(uploads, uuid, 'data'), Buffer.alloc(5 * MIB, 'x'));
    await other.finish(location, digestOf(bytes));
    t.deepEqual(await readdir(uploads), []);
  }
});

test('the hash states that both keep of one upload are the same files', async (t) => {
  const states = new Map<Kind, unknown>();
  for (const kind of ['stowage', 'docker-registry'] as const) {
    const root = join(await tempRoot(t), 'root');
    const registry = await serve(t, kind, root);
    const first = await registry.send(await registry.begin('app'), Buffer.alloc(4 * MIB + 70, 'a'));
    await registry.send(first, Buffer.alloc(64_000, 'b'));
    const files = await filesOf(root);
    // Only distribution keeps the state of no bytes; of fewer than 4 MiB, Stowage does not either.
    states.set(
      kind,
      [...files]
        .filter(([path]) => /hashstates\/sha256\/[1-9]/.test(path))
        .map(withoutUuid)
        .sort(),
    );
  }
  t.is((states.get('stowage') as unknown[]).length, 2);
  t.deepEqual(states.get('stowage'), states.get('docker-registry'));
});

test('the same pushes, mounts and deletes leave the same files, path by path and byte by byte', async (t) => {
  const roots = new Map<Kind, Map<string, string>>();
  for (const kind of ['stowage', 'docker-registry'] as const) {
    const root = join(await tempRoot(t), 'root');
    await work(await serve(t, kind, root));
    roots.set(kind, await filesOf(root));
  }
  t.true((roots.get('stowage')?.size ?? 0) > 15);
  t.deepEqual(roots.get('stowage'), roots.get('docker-registry'));
});

async function work(registry: Client): Promise<void> {
  const [first, second, gone] = [imageOf('first'), imageOf('second'), imageOf('gone')];
  await registry.push('team/app', 'v1', first);
  await registry.push('team/app', 'latest', first);
  await registry.push('team/app', 'latest', second);
  const layer = digestOf(first.blobs[1] ?? Buffer.alloc(0));
  await registry.ask('POST', `/v2/other/blobs/uploads/?mount=${layer}&from=team/app`, 201);
  await registry.push('team/app', 'gone', gone);
  await registry.ask('DELETE', `/v2/team/app/manifests/${digestOf(gone.manifest)}`, 202);
  await registry.ask('DELETE', `/v2/team/app/blobs/${digestOf(gone.blobs[2] ?? Buffer.alloc(0))}`, 202);
}

test('one image pushed through both at once is whole in both', async (t) => {
  const { pairs } = await serveBoth(t);
  const clients = pairs.map(([client]) => client);
  for (let round = 0; round < 5; round += 1) {
    const image = imageOf(`round ${round}`);
    await Promise.all([...clients, ...clients].map((client) => pushAgain(client, `v${round}`, image)));
    for (const client of clients) {
      t.true((await client.bytes(`/v2/app/manifests/v${round}`)).equals(image.manifest));
      for (const blob of image.blobs) t.true((await client.bytes(`/v2/app/blobs/${digestOf(blob)}`)).equals(blob));
    }
  }
});

/** What docker-registry 2.8 answers when Stowage gives a folder its name between the two calls that it makes there. */
const FOLDER_REPLACED = /gave 500, not 20[12]: .*"DriverName":"filesystem".*"Op":"(?:open|rename)".*"Err":2\b/;

/**
 * Repeats what docker-registry refuses while another registry pushes the same content, as clients do. It empties a link
 * file before it writes it again, so for a moment a reader finds no blob. It also makes a folder first and the file in
 * it next, so it finds no folder when Stowage has moved a finished one of the same name into place in between.
 */
async function pushAgain(client: Client, tag: string, image: ReturnType<typeof imageOf>, tries = 5): Promise<void> {
  try {
    await client.push('app', tag, image);
  } catch (error) {
    const isMomentary = String(error).includes('MANIFEST_BLOB_UNKNOWN') || FOLDER_REPLACED.test(String(error));
    if (tries === 1 || !isMomentary) throw error;
    await pushAgain(client, tag, image, tries - 1);
  }
}

/** Every file below `root`, except those that Stowage adds. */
async function filesOf(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(root.length);
    if (!entry.isFile() || /^\/\.stowage\/|\/_(?:history|referrers|jobs|pulls)\//.test(path)) continue;
    files.set(path, (await readFile(join(root, path))).toString('hex'));
  }
  return new Map([...files].sort());
}

function withoutUuid([path, content]: [string, string]): string {
  return `${path.replace(/_uploads\/[^/]+/, '_uploads/*')} ${content}`;
}
