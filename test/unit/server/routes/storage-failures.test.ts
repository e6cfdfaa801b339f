import test, { type ExecutionContext } from 'ava';
import type { DriverErrorCode } from '../../../../core/driver/index.ts';
import {
  FAULT_INJECTING_PLUGIN,
  newFaults,
  type StandingFaults,
} from '../../../helpers/drivers/fault-injecting-plugin.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

async function troubled(t: ExecutionContext): Promise<{ registry: Registry; faults: StandingFaults }> {
  const { name, faults } = newFaults();
  const registry = await withRegistry(t, { storage: { [FAULT_INJECTING_PLUGIN]: { faults: name } } });
  return { registry, faults };
}

test('while the storage does not answer, every request gets 503 and a time to try again', async (t) => {
  const { registry, faults } = await troubled(t);
  const digest = await registry.pushBlob('app', 'bytes');
  const location = await registry.startUpload('app');
  const requests: [string, string][] = [
    ['GET', '/v2/app/manifests/v1'],
    ['DELETE', `/v2/app/manifests/${digest}`],
    ['GET', `/v2/app/blobs/${digest}`],
    ['POST', `/v2/app/blobs/uploads/?digest=${digestOf('')}`],
    ['GET', location],
    ['PATCH', location],
    ['DELETE', location],
  ];
  faults.failure = 'unavailable';
  for (const [method, path] of requests) {
    const answer = await registry.ask(method, path);
    assertError(t, answer, 503, 'UNAVAILABLE');
    t.regex(answer.headers['retry-after'] ?? '', /^[1-9][0-9]*$/);
    // No internals of the registry.
    t.notRegex(answer.text, /docker\/registry|inmemory/);
  }
  for (const failure of ['no-space', 'conflict'] satisfies DriverErrorCode[]) {
    faults.failure = failure;
    const put = await registry.putManifest('app', 'v1', { body: imageManifest(), type: OCI_MANIFEST });
    assertError(t, put, 503, 'UNAVAILABLE');
  }
  faults.failure = undefined;
  t.is((await registry.finishUpload(location, digestOf('x'), { body: 'x' })).status, 201);
});

for (const failure of ['denied', 'invalid-path', 'damaged'] satisfies DriverErrorCode[]) {
  test(`a permanent failure of the storage (${failure}) is 500, says so, and asks for no retry`, async (t) => {
    const { registry, faults } = await troubled(t);
    const location = await registry.startUpload('app');
    faults.failure = failure;
    for (const [method, path] of [
      ['GET', '/v2/app/manifests/v1'],
      ['POST', `/v2/app/blobs/uploads/?digest=${digestOf('')}`],
      ['PATCH', location],
    ] as const) {
      const answer = await registry.ask(method, path);
      const [error] = assertError(t, answer, 500, 'UNKNOWN');
      t.is(answer.headers['retry-after'], undefined);
      t.regex(JSON.stringify(error?.detail), /the storage/);
    }
  });
}

test('a defect of a driver is answered 500 without details', async (t) => {
  const { registry, faults } = await troubled(t);
  faults.failure = 'closed';
  const answer = await registry.ask('GET', '/v2/app/manifests/v1');
  const [error] = assertError(t, answer, 500, 'UNKNOWN');
  t.is(error?.detail, undefined);
});

test('a blob whose bytes break off in the storage ends the connection instead of pretending to be whole', async (t) => {
  const { registry, faults } = await troubled(t);
  const digest = await registry.pushBlob('app', Buffer.alloc(100_000, 'x'));
  faults.maxReadBytes = 1024;
  await t.throwsAsync(registry.ask('GET', `/v2/app/blobs/${digest}`), { message: /aborted/ });
  await t.throwsAsync(registry.ask('GET', `/v2/app/blobs/${digest}`, { headers: { Range: 'bytes=0-5,10-90000' } }), {
    message: /aborted/,
  });
  t.is(faults.openReaders, 0);
});

test('bytes that were received and lost are never part of a digest', async (t) => {
  const { registry, faults } = await troubled(t);
  const start = await registry.startUpload('app');
  faults.losesAppends = true;
  assertError(t, await registry.ask('PATCH', start, { body: 'good bytes' }), 503, 'UNAVAILABLE');
  faults.losesAppends = false;
  const status = await registry.ask('GET', start);
  t.is(status.headers.range, '0-0');
  const location = await registry.sendChunk(locationOf(status), 'evil bytes');
  assertError(t, await registry.finishUpload(location, digestOf('good bytes')), 400, 'DIGEST_INVALID');
  t.is((await registry.ask('HEAD', `/v2/app/blobs/${digestOf('good bytes')}`)).status, 404);
});

test('bytes that were lost after others are never part of a digest, and the upload continues', async (t) => {
  const { registry, faults } = await troubled(t);
  for (const [sent, status] of [
    ['evil ', 400],
    ['good ', 201],
  ] as const) {
    const begun = await registry.sendChunk(await registry.startUpload('app'), 'some ');
    faults.losesAppends = true;
    assertError(t, await registry.ask('PATCH', begun, { body: 'good ' }), 503, 'UNAVAILABLE');
    faults.losesAppends = false;
    const location = await registry.sendChunk(begun, sent);
    t.is((await registry.finishUpload(location, digestOf('some good '))).status, status);
  }
});

test('a client that stops reading a blob leaves no open reader behind', async (t) => {
  const { registry, faults } = await troubled(t);
  const digest = await registry.pushBlob('app', Buffer.alloc(32 * 1024 * 1024));
  const controller = new AbortController();
  const answer = await fetch(`${registry.address}/v2/app/blobs/${digest}`, { signal: controller.signal });
  await answer.body?.getReader().read();
  t.is(faults.openReaders, 1);
  controller.abort();
  while (faults.openReaders > 0) await registry.ask('GET', '/v2/');
  t.is(faults.openReaders, 0);
});
