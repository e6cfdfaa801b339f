import type { ServerResponse } from 'node:http';
import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { CopyError } from '../../../../client/copy/copy-error.ts';
import { TransferError } from '../../../../client/http/transfer-error.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { makeImage, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const NAME = parseRepositoryName('team/app');
const LATEST = { images: [{ from: tagged('latest') }] };

/** A registry that has an image, and does with its blobs what it is told. */
async function registryWith(
  t: Parameters<typeof openRemote>[0],
  source: MemoryStore,
  serveBlob: Parameters<typeof ScriptedServer.start>[1],
): Promise<RegistryStore> {
  const { mediaType, digest, bytes } = await source.manifest(tagged('latest'));
  const server = await ScriptedServer.start(t, (request, response) =>
    request.url?.includes('/manifests/') === true
      ? send(response, bytes, { 'Content-Type': mediaType, 'Docker-Content-Digest': digest })
      : serveBlob(request, response),
  );
  return new RegistryStore({ registry: openRemote(t, server.address) }, { host: server.address, repository: NAME });
}

function send(response: ServerResponse, bytes: Buffer, headers: Readonly<Record<string, string>>): void {
  response.writeHead(200, { 'Content-Length': bytes.byteLength, ...headers }).end(bytes);
}

test('a blob that is missing ends the transfers whose server is silent', async (t) => {
  const source = new MemoryStore();
  const { layers } = await makeImage(source, { layers: randomLayers(6, 1000), tag: 'latest' });
  const missing = layers[1]?.digest ?? '';
  const held: unknown[] = [];
  const remote = await registryWith(t, source, (request, response) => {
    if (request.url?.endsWith(missing) === true) return answer(response, 404, '');
    held.push(response.writeHead(200, { 'Content-Length': 1000 }));
    return response.write('x');
  });
  const target = new MemoryStore();
  const error = await t.throwsAsync(copy(remote, target, LATEST).result, { instanceOf: CopyError, code: 'blob' });
  t.is(error.digest as string, missing);
  await t.throwsAsync(target.manifest(tagged('latest')), { code: 'MANIFEST_UNKNOWN' });
});

test('a signal ends transfers whose server is silent', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(6, 1000), tag: 'latest' });
  const abort = new AbortController();
  let asked = 0;
  const remote = await registryWith(t, source, () => {
    asked += 1;
    if (asked === 4) abort.abort(new Error('Ctrl-C'));
  });
  const { signal } = abort;
  await t.throwsAsync(copy(remote, new MemoryStore(), LATEST, { signal }).result, { code: 'aborted' });
  t.is(asked, 4);
});

test('wrong bytes of a registry that names the right digest have no name in the target', async (t) => {
  const source = new MemoryStore();
  const { layers, config } = await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
  const [layer] = layers;
  const remote = await registryWith(t, source, (request, response) => {
    const { digest = '', size = 0 } = request.url?.endsWith(config.digest) === true ? config : (layer ?? {});
    return send(response, Buffer.alloc(size), { 'Docker-Content-Digest': digest });
  });
  const target = new MemoryStore();
  await t.throwsAsync(copy(remote, target, LATEST).result, { instanceOf: CopyError, code: 'blob' });
  for (const { digest } of [config, ...layers]) t.is(await target.blobSize(digest), undefined);
});

test('a registry that takes the bytes of a blob and names another digest is what an error names', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
  const other = `sha256:${'0'.repeat(64)}`;
  const server = await ScriptedServer.start(t, (request, response) => {
    const upload = { Location: '/v2/team/app/blobs/uploads/1' };
    request.resume().on('end', () => {
      if (request.method === 'POST') return answer(response, 202, '', upload);
      if (request.method === 'PUT') return answer(response, 201, '', { ...upload, 'Docker-Content-Digest': other });
      return answer(response, request.method === 'PATCH' ? 202 : 404, '', upload);
    });
  });
  const { host } = new URL(server.address);
  const target = new RegistryStore({ registry: openRemote(t, server.address) }, { host, repository: NAME });
  const error = await t.throwsAsync(copy(source, target, LATEST).result, { instanceOf: CopyError, code: 'blob' });
  t.true(error.cause instanceof TransferError && error.cause.reason === 'wrong-digest');
  t.regex(error.message, /PUT http:.*: the registry stored sha256:0{64} instead of sha256:/);
});
