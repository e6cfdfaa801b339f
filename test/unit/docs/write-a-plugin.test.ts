import { once } from 'node:events';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ts from 'typescript';
import type { RegistryEvent } from '../../../core/ports/event-sink.ts';
import { singleProcess } from '../../../plugins/coordination/coordination.ts';
import { loadPlugin } from '../../../plugins/loading/load-plugin.ts';
import { memoryRegistry } from '../../helpers/core/memory-registry.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withRegistry } from '../../helpers/http/with-registry.ts';
import { folderWith } from '../plugins/loading/fixture-folder.ts';

/** The examples of the page by the file that each names in its first line. */
async function examples(): Promise<Record<string, string>> {
  const page = await readFile('docs/plugins/write-a-plugin.md', 'utf8');
  const blocks = [...page.matchAll(/^```ts\n\/\/ ([\w-]+\.ts)\n([\s\S]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, file = '', text = '']) => [file, text]));
}

/** A folder with the examples, as their author would have it: an ES module package with its dependencies. */
async function exampleFolder(t: ExecutionContext): Promise<string> {
  const folder = await folderWith(t, { 'package.json': '{"type":"module"}', ...(await examples()) });
  await mkdir(join(folder, 'node_modules'));
  await symlink(resolve('node_modules/zod'), join(folder, 'node_modules/zod'));
  await symlink(resolve('.'), join(folder, 'node_modules/stowage'));
  return folder;
}

test('every example of docs/plugins/write-a-plugin.md compiles', async (t) => {
  const folder = await exampleFolder(t);
  const files = Object.keys(await examples());
  t.deepEqual(files.sort(), [
    'first-pull.ts',
    'hello.ts',
    'keep.ts',
    'refusals.ts',
    'releases.ts',
    'remember.ts',
    'roles.ts',
    'sha384.ts',
    'short-tokens.ts',
    'webhook.ts',
  ]);
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    {
      strict: true,
      noEmit: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      erasableSyntaxOnly: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2024,
      lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      typeRoots: [resolve('node_modules/@types')],
      types: ['node'],
    },
  );
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  t.deepEqual(problems, []);
});

test('the sink with a lock logs the first pull of a repository, and no later one', async (t) => {
  const baseFolder = await exampleFolder(t);
  const logged: unknown[] = [];
  const note = (fields: unknown, message: string): void => void logged.push([fields, message]);
  const log = { debug: note, info: note, warn: note, error: note };
  const place = {
    at: 'plugins[0]',
    baseFolder,
    warn: () => undefined,
    services: { log, ...singleProcess(), registry: memoryRegistry() },
  };
  const { ports } = await loadPlugin({ ...place, kind: 'event-sink', name: './first-pull.ts', options: {} });
  const { signal } = new AbortController();
  for (const action of ['push', 'pull', 'pull'] as const) {
    await ports['event-sink'].handle({ action, repository: 'a/b' } as RegistryEvent, signal);
  }
  t.deepEqual(logged, [[{ plugin: 'first-pull', repository: 'a/b' }, 'pulled for the first time']]);
});

test('the smallest plugin greets', async (t) => {
  const folder = await exampleFolder(t);
  const plugins = [{ use: './hello.ts', options: { greeting: 'good morning' } }];
  const registry = await withRegistry(t, { folder, others: { plugins } });
  t.is((await registry.ask('GET', '/v2/_ext/hello/ann')).text, 'good morning ann\n');
});

test('the access controller challenges strangers, lets readers pull, and lets writers push', async (t) => {
  const folder = await exampleFolder(t);
  const roles = { writers: { ann: 'correct: horse' }, readers: { ci: 'battery staple' } };
  const registry = await withRegistry(t, { folder, auth: { './roles.ts': roles } });
  const ask = (method: string, path: string, credentials?: string) =>
    registry.ask(method, path, {
      headers: credentials === undefined ? {} : { Authorization: `Basic ${btoa(credentials)}` },
    });
  const start = '/v2/a/blobs/uploads/';
  for (const wrong of [undefined, 'ann:wrong', 'nobody:correct: horse', 'constructor:x', ':', 'ann']) {
    const { status, headers } = await ask('GET', '/v2/', wrong);
    t.is(status, 401, wrong);
    t.is(headers['www-authenticate'], 'Basic realm="registry"');
    t.is((await ask('POST', start, wrong)).status, 401, wrong);
  }
  t.is((await ask('GET', '/v2/', 'ci:battery staple')).status, 200);
  t.is((await ask('GET', '/v2/a/tags/list', 'ci:battery staple')).status, 404);
  const refused = await ask('POST', start, 'ci:battery staple');
  t.is(refused.status, 403);
  t.regex(refused.text, /ci may only pull/);
  t.is((await ask('POST', start, 'ann:correct: horse')).status, 202);
});

test('a route with the access none asks the access controller whether the client is admitted', async (t) => {
  const folder = await exampleFolder(t);
  const auth = { './roles.ts': { writers: { ann: 'correct horse' } } };
  const registry = await withRegistry(t, { folder, auth, others: { plugins: ['./hello.ts'] } });
  t.is((await registry.ask('GET', '/v2/_ext/hello/ann')).status, 401);
  const headers = { Authorization: `Basic ${btoa('ann:correct horse')}` };
  t.is((await registry.ask('GET', '/v2/_ext/hello/ann', { headers })).text, 'hello ann\n');
});

test('the token provider carries uploads', async (t) => {
  const folder = await exampleFolder(t);
  const registry = await withRegistry(t, { folder, others: { plugins: ['./short-tokens.ts'] } });
  const location = await registry.sendChunk(await registry.startUpload('a'), 'lay');
  t.regex(location, /_state=[0-9a-f-]{36}$/);
  t.is((await registry.finishUpload(location, digestOf('layer'), { body: 'er' })).status, 201);
  const forged = location.replace(/_state=.*/, '_state=forged');
  t.is((await registry.ask('PATCH', forged, { body: 'x' })).status, 404);
});

test('the event sink posts pushes and retries', async (t) => {
  const folder = await exampleFolder(t);
  const posted: Record<string, unknown>[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    request.on('end', () => {
      if (requests > 1) posted.push(JSON.parse(text) as Record<string, unknown>);
      response.writeHead(requests === 1 ? 503 : 204).end();
    });
  }).listen(0, '127.0.0.1');
  t.teardown(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const registry = await withRegistry(t, { folder, others: { plugins: [{ use: './webhook.ts', options: { url } }] } });
  const digest = await registry.pushBlob('a', 'layer');
  await registry.ask('GET', `/v2/a/blobs/${digest}`);
  await registry.stop();
  t.is(requests, 2);
  t.like(posted, [{ action: 'push', target: 'blob', repository: 'a', digest, size: 5 }]);
});

test('the descriptor cache answers, and forgets deleted blobs', async (t) => {
  const folder = await exampleFolder(t);
  const registry = await withRegistry(t, { folder, others: { plugins: ['./remember.ts'] } });
  const path = `/v2/a/blobs/${await registry.pushBlob('a', 'layer')}`;
  for (let time = 0; time < 2; time++) t.is((await registry.ask('GET', path)).text, 'layer');
  t.is((await registry.ask('DELETE', path)).status, 202);
  t.is((await registry.ask('HEAD', path)).status, 404);
});

test('the registry wrapper sets a release once, even when two are pushed at the same time', async (t) => {
  const folder = await exampleFolder(t);
  const middleware = { registry: [{ name: './releases.ts', options: { prefix: 'release-' } }] };
  const registry = await withRegistry(t, { folder, others: { middleware } });
  const bodies = ['{}', 'one', 'two'];
  for (const body of bodies) await registry.pushBlob('a', body);
  const push = async (layer: string, tag: string): Promise<number> => {
    return (await registry.putManifest('a', tag, { body: imageManifest(layer), type: OCI_MANIFEST })).status;
  };
  const statuses = await Promise.all([push('one', 'release-1'), push('two', 'release-1')]);
  t.is(statuses.filter((status) => status === 201).length, 1);
  t.is(await push('one', 'release-2'), 201);
  t.is(await push('one', 'release-2'), 201);
  t.is(await push('two', 'release-2'), 403);
  t.is((await registry.ask('DELETE', '/v2/a/manifests/release-2')).status, 403);
  for (const layer of ['one', 'two']) t.is(await push(layer, 'latest'), 201);
});

test('the driver wrapper keeps the layers of a repository', async (t) => {
  const folder = await exampleFolder(t);
  const options = { folder: '/docker/registry/v2/repositories/base/_layers' };
  const middleware = { storage: [{ name: './keep.ts', options }] };
  const registry = await withRegistry(t, { folder, others: { middleware } });
  const [kept, other] = [await registry.pushBlob('base', 'layer'), await registry.pushBlob('other', 'layer')];
  t.is((await registry.ask('DELETE', `/v2/base/blobs/${kept}`)).status, 405);
  t.is((await registry.ask('HEAD', `/v2/base/blobs/${kept}`)).status, 200);
  t.is((await registry.ask('DELETE', `/v2/other/blobs/${other}`)).status, 202);
});

test('the digest algorithm names blobs by sha384', async (t) => {
  const folder = await exampleFolder(t);
  const registry = await withRegistry(t, { folder, others: { plugins: ['./sha384.ts'] } });
  const digest = digestOf('bytes', 'sha384');
  const answer = await registry.finishUpload(await registry.startUpload('app'), digest, { body: 'bytes' });
  t.is(answer.status, 201);
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).text, 'bytes');
});
