import test from 'ava';
import {
  artifact,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  descriptorOf,
  OCI_INDEX,
  push,
} from '../../../helpers/content/artifacts.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  expectStatus,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

const amd64 = { ...artifact({ mediaType: DOCKER_MANIFEST, is: 'amd64' }), type: DOCKER_MANIFEST };
const arm64 = { ...artifact({ mediaType: DOCKER_MANIFEST, is: 'arm64' }), type: DOCKER_MANIFEST };

const children = [
  { ...descriptorOf(arm64), platform: { architecture: 'arm64', os: 'linux' } },
  { ...descriptorOf(amd64), platform: { architecture: 'amd64', os: 'linux' } },
];

function listOf(type: string, manifests: readonly object[]) {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests });
  return { body, type, digest: digestOf(body) };
}

const list = listOf(DOCKER_LIST, children);

async function withList(registry: Registry, pushed = list): Promise<Registry> {
  await push(registry, 'app', amd64);
  await push(registry, 'app', arm64);
  await push(registry, 'app', pushed, 'v1');
  return registry;
}

const AS_IT_IS: (string | undefined)[] = [
  undefined,
  '*/*',
  'application/*',
  DOCKER_LIST,
  `${DOCKER_MANIFEST}, ${DOCKER_LIST}`,
  `${DOCKER_MANIFEST}, ${DOCKER_LIST};q=0.1`,
  `${DOCKER_MANIFEST}, */*`,
  OCI_INDEX,
  'text/html',
  `${DOCKER_MANIFEST};q=0, text/html`,
];

for (const accept of AS_IT_IS) {
  test(`a manifest list is served unchanged to a client with Accept: ${String(accept)}`, async (t) => {
    const registry = await withList(await withRegistry(t));
    const headers = accept === undefined ? {} : { Accept: accept };
    for (const method of ['GET', 'HEAD']) {
      const answer = expectStatus(await registry.ask(method, '/v2/app/manifests/v1', { headers }), 200);
      t.is(answer.headers['docker-content-digest'], list.digest);
      t.is(answer.headers['content-type'], DOCKER_LIST);
    }
  });
}

for (const accept of [
  DOCKER_MANIFEST,
  `text/html, ${DOCKER_MANIFEST};q=0.5`,
  `${DOCKER_LIST};q=0, ${DOCKER_MANIFEST}`,
]) {
  test(`the linux/amd64 image of a list under a tag is served to a client with Accept: ${accept}`, async (t) => {
    const registry = await withList(await withRegistry(t));
    for (const method of ['GET', 'HEAD']) {
      const answer = expectStatus(await registry.ask(method, '/v2/app/manifests/v1', { headers: { accept } }), 200);
      t.is(answer.headers['docker-content-digest'], amd64.digest);
      t.is(answer.headers['content-type'], DOCKER_MANIFEST);
      t.is(answer.headers['content-length'], String(amd64.body.length));
      t.is(answer.headers['etag'], `"${amd64.digest}"`);
      t.is(answer.text, method === 'GET' ? amd64.body : '');
      const headers = { accept, 'If-None-Match': `"${amd64.digest}"` };
      t.is((await registry.ask(method, '/v2/app/manifests/v1', { headers })).status, 304);
    }
    const byDigest = await registry.ask('GET', `/v2/app/manifests/${list.digest}`, { headers: { accept } });
    t.is(byDigest.text, list.body);
  });
}

test('a list without an image for linux/amd64 is unknown to a client that takes no lists', async (t) => {
  const registry = await withList(await withRegistry(t), listOf(DOCKER_LIST, children.slice(0, 1)));
  const answer = await registry.ask('GET', '/v2/app/manifests/v1', { headers: { Accept: DOCKER_MANIFEST } });
  assertError(t, answer, 404, 'MANIFEST_UNKNOWN');
});

test('an OCI index is served unchanged to every client', async (t) => {
  const index = listOf(OCI_INDEX, children);
  const registry = await withList(await withRegistry(t), index);
  for (const accept of [DOCKER_MANIFEST, OCI_MANIFEST]) {
    const answer = await registry.ask('GET', '/v2/app/manifests/v1', { headers: { accept } });
    t.is(answer.text, index.body);
  }
});
