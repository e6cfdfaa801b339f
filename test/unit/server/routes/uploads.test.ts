import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { answerTo, openRequest } from '../../../helpers/http/http-request.ts';
import { digestOf, locationOf, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test('POST begins an upload and says where it continues', async (t) => {
  const registry = await withRegistry(t);
  // ko and kaniko send a content type with an empty body.
  for (const headers of [{}, { 'Content-Type': 'application/json' }, { 'Content-Length': '0' }]) {
    const answer = await registry.ask('POST', '/v2/team/app/blobs/uploads/', { headers });
    t.is(answer.status, 202);
    t.is(answer.headers['content-length'], '0');
    t.is(answer.headers.range, '0-0');
    const uuid = answer.headers['docker-upload-uuid'] as string;
    t.regex(uuid, new RegExp(`^${UUID}$`));
    t.regex(
      answer.headers.location ?? '',
      new RegExp(`^${registry.address}/v2/team/app/blobs/uploads/${uuid}\\?_state=[\\w%-]+$`),
    );
  }
});

test('a whole blob goes into one PUT, one POST, one PATCH, and into pieces of unknown length', async (t) => {
  const registry = await withRegistry(t);
  const text = 'the whole blob';
  const digest = digestOf(text);
  const pushes: [string, () => Promise<{ status: number }>][] = [
    ['put', async () => registry.finishUpload(await registry.startUpload('put'), digest, { body: text })],
    ['post', () => registry.ask('POST', withQuery('/v2/post/blobs/uploads/', { digest }), { body: text })],
    [
      'patch',
      async () => registry.finishUpload(await registry.sendChunk(await registry.startUpload('patch'), text), digest),
    ],
    [
      'put-te',
      async () =>
        registry.finishUpload(await registry.startUpload('put-te'), digest, { body: pieces('the whole ', 'blob') }),
    ],
    [
      'post-te',
      () =>
        registry.ask('POST', withQuery('/v2/post-te/blobs/uploads/', { digest }), {
          body: pieces('the ', 'whole blob'),
        }),
    ],
    [
      'patch-te',
      async () => {
        const patch = await registry.ask('PATCH', await registry.startUpload('patch-te'), {
          body: pieces('the', ' whole blob'),
        });
        t.is(patch.headers.range, `0-${text.length - 1}`);
        return registry.finishUpload(locationOf(patch), digest);
      },
    ],
  ];
  for (const [name, push] of pushes) {
    t.like(await push(), {
      status: 201,
      headers: {
        location: `${registry.address}/v2/${name}/blobs/${digest}`,
        'docker-content-digest': digest,
        'content-length': '0',
      },
    });
    t.is((await registry.ask('GET', `/v2/${name}/blobs/${digest}`)).text, text);
  }
});

for (const storage of ['inmemory', 'filesystem']) {
  test(`chunks on ${storage} with Content-Range are joined, the last one by PUT`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    const chunks = ['first chunk ', 'second chunk ', 'third'];
    let location = await registry.startUpload('app');
    let offset = 0;
    for (const [index, body] of chunks.entries()) {
      // Once as the specification writes it, once as RFC 9110 does.
      const range = `${index === 1 ? 'bytes ' : ''}${offset}-${offset + body.length - 1}${index === 1 ? '/*' : ''}`;
      const headers = { 'Content-Range': range, 'Content-Type': 'application/octet-stream' };
      offset += body.length;
      if (index === 2) {
        const answer = await registry.finishUpload(location, digestOf(chunks.join('')), { body, headers });
        t.is(answer.status, 201, answer.text);
      } else {
        const answer = await registry.ask('PATCH', location, { body, headers });
        t.is(answer.status, 202, answer.text);
        t.is(answer.headers.range, `0-${offset - 1}`);
        t.truthy(answer.headers['docker-upload-uuid']);
        location = locationOf(answer);
      }
    }
    const get = await registry.ask('GET', `/v2/app/blobs/${digestOf(chunks.join(''))}`);
    t.is(get.text, chunks.join(''));
    assertError(t, await registry.ask('GET', location), 404, 'BLOB_UPLOAD_UNKNOWN');
  });
}

test('the status of an upload states its size, even at an older location and with a digest', async (t) => {
  const registry = await withRegistry(t);
  const old = await registry.startUpload('app');
  await registry.sendChunk(old, 'ten bytes!');
  const bare = old.split('?')[0] ?? '';
  for (const path of [old, withQuery(old, { digest: digestOf('x') }), bare]) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await registry.ask(method, path);
      t.is(answer.status, 204);
      t.is(answer.headers.range, '0-9');
      t.is(answer.text, '');
      t.is(answer.headers['content-length'], undefined);
      const finished = locationOf(answer);
      t.is(finished.split('?')[0], bare);
    }
  }
  const location = locationOf(await registry.ask('GET', old));
  t.is((await registry.finishUpload(location, digestOf('ten bytes!'))).status, 201);
});

for (const storage of [{}, { filesystem: {} }]) {
  const driver = Object.keys(storage)[0] ?? 'inmemory';
  test(`a request that ends an upload may be repeated when its answer was lost [${driver}]`, async (t) => {
    const registry = await withRegistry(t, { storage });
    const digest = digestOf('abcdef');
    const begun = await registry.startUpload('team/app');
    const location = await registry.sendChunk(begun, 'abc');
    const single = withQuery('/v2/team/app/blobs/uploads/', { digest });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      for (const answer of [
        await registry.finishUpload(location, digest, { body: 'def' }),
        await registry.ask('POST', single, { body: 'abcdef' }),
      ]) {
        t.is(answer.status, 201, answer.text);
        t.is(answer.headers['docker-content-digest'], digest);
        t.is(new URL(answer.headers.location ?? '').pathname, `/v2/team/app/blobs/${digest}`);
      }
    }
    // It gives no access to a blob of another repository.
    const stranger = await registry.sendChunk(await registry.startUpload('team/other'), 'abc');
    assertError(
      t,
      await registry.finishUpload(begun.replace('team/app', 'team/other'), digest),
      404,
      'BLOB_UPLOAD_UNKNOWN',
    );
    assertError(t, await registry.finishUpload(stranger, digest), 400, 'DIGEST_INVALID');
  });
}

test('a cancelled upload is gone, and a new one can begin', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {}, delete: { enabled: false } } });
  const location = await registry.startUpload('app');
  await registry.sendChunk(location, 'some bytes');
  // The location is older than the chunk, which does not matter for a cancel.
  const answer = await registry.ask('DELETE', location);
  t.is(answer.status, 204);
  t.is(answer.headers['content-length'], undefined);
  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    const path = withQuery(location, { digest: digestOf('') });
    assertError(t, await registry.ask(method, path, { body: 'x' }), 404, 'BLOB_UPLOAD_UNKNOWN');
  }
  await registry.pushBlob('app', 'some bytes');
});

test('a mount adds the blob without an upload', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushBlob('source/app', 'shared');
  const path = `/v2/target/app/blobs/uploads/`;
  // containerd sends colon and slash as they are, others escape them.
  for (const query of [`?mount=${digest}&from=source/app`, `?from=source%2Fapp&mount=${encodeURIComponent(digest)}`]) {
    const answer = await registry.ask('POST', path + query);
    t.is(answer.status, 201);
    t.is(answer.headers.location, `${registry.address}/v2/target/app/blobs/${digest}`);
    t.is(answer.headers['docker-content-digest'], digest);
    t.is(answer.headers['docker-upload-uuid'], undefined);
  }
  t.is((await registry.ask('GET', `/v2/target/app/blobs/${digest}`)).text, 'shared');
  t.is((await registry.ask('DELETE', `/v2/source/app/blobs/${digest}`)).status, 202);
  t.is((await registry.ask('GET', `/v2/target/app/blobs/${digest}`)).text, 'shared');
});

test('a mount that is not possible becomes an ordinary upload', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushBlob('source', 'shared');
  const missing = digestOf('missing');
  for (const query of [
    `mount=${missing}&from=source`,
    `mount=${digest}&from=nobody`,
    `mount=${digest}&from=UPPER`,
    `mount=${digest}&from=../source`,
    'from=source',
  ]) {
    const answer = await registry.ask('POST', `/v2/target/blobs/uploads/?${query}`);
    t.is(answer.status, 202, query);
    t.is((await registry.ask('HEAD', `/v2/target/blobs/${digest}`)).status, 404);
    t.is((await registry.finishUpload(locationOf(answer), missing, { body: 'missing' })).status, 201);
  }
});

test('an upload is continued by another instance with the same storage and secret', async (t) => {
  const first = await withRegistry(t, { storage: { filesystem: {} }, http: { secret: 'shared' } });
  const second = await withRegistry(t, {
    storage: { filesystem: { rootdirectory: first.root } },
    http: { secret: 'shared' },
  });
  const location = await second.sendChunk(await first.sendChunk(await first.startUpload('app'), 'one '), 'two ');
  t.is((await first.finishUpload(location, digestOf('one two three'), { body: 'three' })).status, 201);
  t.is((await second.ask('GET', `/v2/app/blobs/${digestOf('one two three')}`)).text, 'one two three');
});

test('the hint of an algorithm does not bind the digest at the end', async (t) => {
  const registry = await withRegistry(t);
  for (const [hint, algorithm] of [
    ['sha512', 'sha512'],
    ['sha512', 'sha256'],
    ['sha256', 'sha512'],
  ] as const) {
    const begun = await registry.ask('POST', `/v2/app/blobs/uploads/?digest-algorithm=${hint}`);
    t.is(begun.status, 202);
    const location = await registry.sendChunk(locationOf(begun), 'bytes');
    t.is((await registry.finishUpload(location, digestOf('bytes', algorithm))).status, 201);
  }
  assertError(t, await registry.ask('POST', '/v2/app/blobs/uploads/?digest-algorithm=md5'), 400, 'DIGEST_INVALID');
});

test('the status of an upload on disk grows while a chunk is still coming', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const location = await registry.startUpload('app');
  const request = openRequest(registry, 'PATCH', location, { headers: { 'Content-Length': 4 * 1024 ** 2 } });
  const done = answerTo(request);
  request.write(Buffer.alloc(3 * 1024 ** 2));
  while ((await registry.ask('GET', location)).headers.range === '0-0');
  request.end(Buffer.alloc(1024 ** 2));
  t.is((await done).headers.range, `0-${4 * 1024 ** 2 - 1}`);
});
