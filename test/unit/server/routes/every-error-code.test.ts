import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import test, { type ExecutionContext } from 'ava';
import { ERROR_DESCRIPTORS, errorDescriptor } from '../../../../core/api/error-descriptors.ts';
import type { ErrorDetail, RegistryErrorCode } from '../../../../core/model/errors.ts';
import {
  FAULT_INJECTING_PLUGIN,
  newFaults,
  type StandingFaults,
} from '../../../helpers/drivers/fault-injecting-plugin.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { allowing, SCOPED_ACCESS } from '../../../helpers/http/scoped-access.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from './access-cases.ts';
import { AS_BOB, withPersonalTokens } from './with-personal-tokens.ts';

const UPLOADS = '/v2/app/blobs/uploads/';
const MANIFEST = '/v2/app/manifests/v1';
const NO_UPLOAD = `${UPLOADS}0b5d3f5e-0000-4000-8000-000000000000`;
const TOO_MANY_TAGS = Array.from({ length: 101 }, (_, index) => `tag=t${index}`).join('&');

const NOTES = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, { name: 'notes', routes: [{ path: '/note', methods: [
    { method: 'PUT', access: 'none', handle: async ({ readBody }) => ({ status: 200, body: await readBody(1024) }) },
  ] }] })`,
);

type Reach = (t: ExecutionContext) => Promise<Answer>;

/** A request that is answered with each code. */
const REQUESTS: Record<RegistryErrorCode, Reach> = {
  UNKNOWN: (t) => whileStorageFails(t, 'closed'),
  STORAGE_REFUSED: (t) => whileStorageFails(t, 'denied'),
  UNAVAILABLE: (t) => whileStorageFails(t, 'unavailable'),
  UNSUPPORTED: asking('DELETE', '/v2/'),
  UNAUTHORIZED: async (t) => (await withRegistry(t, { auth: { [SCOPED_ACCESS]: {} } })).ask('GET', '/v2/'),
  DENIED: async (t) => {
    const registry = await withRegistry(t, { auth: { [SCOPED_ACCESS]: {} } });
    return registry.ask('GET', MANIFEST, { headers: allowing('repository:other:pull') });
  },
  TOOMANYREQUESTS: tooManyLogins,
  DIGEST_INVALID: asking('POST', `${UPLOADS}?digest=${digestOf('others')}`, { body: 'bytes' }),
  SIZE_INVALID: asking('POST', `${UPLOADS}?digest=${digestOf('bytes')}&size=4`, { body: 'bytes' }),
  RANGE_INVALID: async (t) => {
    const registry = await withRegistry(t);
    const headers = { 'Content-Range': '3-7' };
    return registry.ask('PATCH', await registry.startUpload('app'), { body: 'bytes', headers });
  },
  RANGE_NOT_SATISFIABLE: async (t) => {
    const registry = await withRegistry(t);
    const digest = await registry.pushBlob('app', 'bytes');
    return registry.ask('GET', `/v2/app/blobs/${digest}`, { headers: { Range: 'bytes=5-' } });
  },
  NAME_INVALID: asking('GET', '/v2/APP/tags/list'),
  TAG_INVALID: asking('PUT', '/v2/app/manifests/-v1', { body: imageManifest() }),
  TAG_IMMUTABLE: async (t) => {
    const registry = await withRegistry(t, { others: { middleware: { registry: [{ name: 'immutable-tags' }] } } });
    await registry.pushImage('app', 'v1');
    return registry.ask('DELETE', MANIFEST);
  },
  TAGS_TOO_MANY: asking('PUT', `/v2/app/manifests/${digestOf('{}')}?${TOO_MANY_TAGS}`, { body: '{}' }),
  QUERY_INVALID: asking('GET', `/v2/?${'a&'.repeat(1000)}`),
  QUERY_TOO_LONG: asking('GET', `/v2/?a=${'x'.repeat(40 * 1024)}`),
  NAME_UNKNOWN: asking('GET', '/v2/app/tags/list'),
  MANIFEST_UNKNOWN: asking('GET', MANIFEST),
  MANIFEST_INVALID: asking('PUT', MANIFEST, { body: '[]' }),
  MANIFEST_UNVERIFIED: async (t) => {
    const registry = await withRegistry(t, { others: { compatibility: { schema1: { enabled: true } } } });
    const manifest = { schemaVersion: 1, name: 'app', tag: 'v1', architecture: 'amd64', fsLayers: [], history: [] };
    return registry.ask('PUT', MANIFEST, { body: JSON.stringify(manifest) });
  },
  MANIFEST_TOO_LARGE: async (t) => {
    const registry = await withRegistry(t, { http: { maxmanifestsize: '1KiB' } });
    return registry.putManifest('app', 'v1', { body: ' '.repeat(1025), type: OCI_MANIFEST });
  },
  BODY_TOO_LARGE: async (t) => {
    const folder = await folderWith(t, { 'notes.mjs': NOTES });
    const registry = await withRegistry(t, { folder, others: { plugins: ['./notes.mjs'] } });
    return registry.ask('PUT', '/v2/_ext/notes/note', { body: ' '.repeat(1025) });
  },
  BODY_INVALID: async (t) => (await withPersonalTokens(t)).send('POST', '/auth/tokens', AS_BOB, {}),
  TOKEN_UNKNOWN: async (t) => (await withPersonalTokens(t)).send('DELETE', '/auth/tokens/0', AS_BOB),
  ENTRY_UNKNOWN: asking('GET', '/v2/_ext/admin/jobs/none/events'),
  STATE_CONFLICT: asking('DELETE', '/v2/_ext/admin/jobs/gc/run'),
  MANIFEST_BLOB_UNKNOWN: asking('PUT', MANIFEST, { body: imageManifest('layer') }),
  BLOB_UNKNOWN: asking('GET', `/v2/app/blobs/${digestOf('bytes')}`),
  BLOB_UPLOAD_UNKNOWN: asking('GET', NO_UPLOAD),
  BLOB_UPLOAD_INVALID: async (t) => {
    const registry = await withRegistry(t);
    // Of an upload without bytes, the registry knows only what the token says.
    const location = await registry.sendChunk(await registry.startUpload('app'), 'more ');
    return registry.ask('PATCH', `${location}x`, { body: 'bytes' });
  },
  PAGINATION_NUMBER_INVALID: asking('GET', '/v2/_catalog?n=-1'),
  ROUTE_UNKNOWN: asking('GET', '/v2/app/no/such/thing'),
};

/** Asks an empty registry. */
function asking(method: string, path: string, { body }: { body?: string } = {}): Reach {
  return async (t) => (await withRegistry(t, { others: WITH_ADMINISTRATION })).ask(method, path, { body });
}

async function whileStorageFails(t: ExecutionContext, failure: StandingFaults['failure']): Promise<Answer> {
  const { name, faults } = newFaults();
  const registry = await withRegistry(t, { storage: { [FAULT_INJECTING_PLUGIN]: { faults: name } } });
  faults.failure = failure;
  return registry.ask('GET', MANIFEST);
}

/** Three times as many wrong passwords at once as may wait to be checked; the cost makes each check slower than a request. */
async function tooManyLogins(t: ExecutionContext): Promise<Answer> {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'users'), `ada:${await hash('lovelace', 9)}\n`);
  const registry = await withRegistry(t, { auth: { htpasswd: { realm: 'here', path: 'users' } }, folder });
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => {
      const credentials = Buffer.from(`ada:${index}`).toString('base64');
      return registry.ask('GET', '/v2/', { headers: { Authorization: `Basic ${credentials}` } });
    }),
  );
  const refused = answers.find(({ status }) => status !== 401);
  if (refused === undefined) throw new Error('no login was too many');
  t.regex(refused.headers['retry-after'] ?? '', /^[1-9][0-9]*$/);
  return refused;
}

test('every code of the table has a request in this list', (t) => {
  t.deepEqual(Object.keys(REQUESTS).sort(), Object.keys(ERROR_DESCRIPTORS).sort());
});

for (const [code, reach] of Object.entries(REQUESTS)) {
  test(`a request over HTTP is answered with ${code}`, async (t) => {
    const { value, message, specificMessage, status } = errorDescriptor(code as RegistryErrorCode);
    const [error] = assertError(t, await reach(t), status, value);
    // Codes that share a value differ in their message.
    t.is(error?.message, specificMessage?.(error?.detail as ErrorDetail) ?? message);
  });
}
