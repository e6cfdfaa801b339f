import { createHash } from 'node:crypto';
import test from 'ava';
import { ABSENT } from '../../../../drivers/object-store/index.ts';
import { errorBody, storeOn, stubS3 } from './stub-s3.ts';

const OK = { headers: { etag: '"1"' } };
const PART = Buffer.from('part');
const MIB = 2 ** 20;

test('SlowDown, InternalError, RequestTimeout and a conflict of conditions are tried again', async (t) => {
  const failures = [
    { status: 503, body: errorBody('SlowDown') },
    { status: 500, body: errorBody('InternalError') },
    { status: 400, body: errorBody('RequestTimeout') },
    { status: 409, body: errorBody('ConditionalRequestConflict') },
    { status: 502, body: '<html>a proxy</html>' },
  ];
  const { url, seen } = await stubS3(t, (_, number) => failures[number - 1] ?? OK);
  const { version } = await storeOn(t, url).put('key', { content: [PART] });
  t.is(version, '"1"');
  t.is(seen.length, failures.length + 1);
});

test('an answer that stays SlowDown is the error in the end, with the wait that the service asks for', async (t) => {
  const answer = {
    status: 503,
    headers: { 'retry-after': '0' },
    body: errorBody('SlowDown', 'Reduce your request rate'),
  };
  const { url, seen } = await stubS3(t, () => answer);
  const error = await t.throwsAsync(
    storeOn(t, url)
      .head('key')
      .then(() => storeOn(t, url).put('key', { content: [PART] })),
  );
  t.is(seen.length, 6);
  t.like(error, { name: 'StatusError', status: 503, retryAfterMs: 0 });
});

test('other errors are not repeated, and keep their status', async (t) => {
  for (const [status, code] of [
    [400, 'InvalidRequest'],
    [403, 'AccessDenied'],
    [412, 'PreconditionFailed'],
  ] as const) {
    const { url, seen } = await stubS3(t, () => ({ status, body: errorBody(code) }));
    const error = await t.throwsAsync(storeOn(t, url).put('key', { content: [PART] }));
    t.like(error, { name: 'StatusError', status });
    t.regex(error.message, new RegExp(`answered ${status}: ${code}: so it is`));
    t.is(seen.length, 1);
  }
});

test('an error inside an answer of 200 is an error: a copy that failed late is tried again', async (t) => {
  const { url, seen } = await stubS3(t, (_, number) =>
    number === 1
      ? { body: errorBody('InternalError') }
      : { body: '<CopyObjectResult><ETag>"2"</ETag></CopyObjectResult>' },
  );
  await storeOn(t, url).copy({ key: 'a b/c', version: '"1"', size: 4 }, 'to');
  t.is(seen.length, 2);
  t.is(seen[1]?.headers['x-amz-copy-source'], 'images/a%20b/c');
  t.is(seen[1]?.headers['x-amz-copy-source-if-match'], '"1"');
});

test('conditions name the version, or that there is none; a version that is gone is a conflict', async (t) => {
  const { url, seen } = await stubS3(t, (_, number) =>
    number < 3 ? OK : { status: 404, body: errorBody('NoSuchKey') },
  );
  const store = storeOn(t, url);
  await store.put('key', { content: [], ifVersion: ABSENT });
  await store.put('key', { content: [], ifVersion: '"1"' });
  t.deepEqual(
    seen.map(({ headers }) => [headers['if-none-match'], headers['if-match']]),
    [
      ['*', undefined],
      [undefined, '"1"'],
    ],
  );
  const error = await t.throwsAsync(store.put('key', { content: [], ifVersion: '"1"' }));
  t.like(error, { name: 'StatusError', status: 412 });
});

test('a conditional write whose answer was lost is recognised by its metadata', async (t) => {
  const found = { ...OK, headers: { ...OK.headers, 'content-type': 'text/x', 'x-amz-meta-stowage-creation': '1' } };
  const { url } = await stubS3(t, ({ method }, number) =>
    number === 1 ? { status: 503 } : method === 'HEAD' ? found : { status: 412, body: errorBody('PreconditionFailed') },
  );
  const object = { content: [], contentType: 'text/x', ifVersion: ABSENT, isUnique: true } as const;
  t.is((await storeOn(t, url).put('key', { ...object, metadata: { 'Stowage-Creation': '1' } })).version, '"1"');
  const error = await t.throwsAsync(storeOn(t, url).put('key', { ...object, metadata: { 'Stowage-Creation': '2' } }));
  t.like(error, { status: 412 });
});

test('a body is sent in its chunks, and signed with its SHA-256', async (t) => {
  const { url, seen } = await stubS3(t, () => OK);
  await storeOn(t, url).put('key', { content: [Buffer.from('one'), Buffer.from('two')], metadata: { A: 'b' } });
  const [request] = seen;
  t.is(request?.body, 'onetwo');
  t.is(request?.headers['x-amz-content-sha256'], createHash('sha256').update('onetwo').digest('hex'));
  t.is(request?.headers['content-length'], '6');
  t.is(request?.headers['x-amz-meta-a'], 'b');
  t.is(request?.headers['x-amz-checksum-crc32'], undefined);
  t.is(request?.headers.expect, undefined);
});

test('only what differs from the default of a store is demanded of it', async (t) => {
  const demands = (headers: object) =>
    Object.entries(headers).filter(([name]) => /^x-amz-(?:acl|storage-class|server-side)/.test(name));
  const { url, seen } = await stubS3(t, () => OK);
  await storeOn(t, url).put('key', { content: [] });
  await storeOn(t, url, { encrypt: true, keyid: 'k', storageclass: 'STANDARD_IA', objectacl: 'public-read' }).put(
    'key',
    {
      content: [],
    },
  );
  await storeOn(t, url, { encrypt: true, storageclass: 'none' }).put('key', { content: [] });
  t.deepEqual(
    seen.map(({ headers }) => Object.fromEntries(demands(headers))),
    [
      {},
      {
        'x-amz-acl': 'public-read',
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'k',
      },
      { 'x-amz-server-side-encryption': 'AES256' },
    ],
  );
});

test('the key of the customer is sent with every call that reads or writes bytes', async (t) => {
  const customerkey = Buffer.alloc(32, 7).toString('base64');
  const { url, seen } = await stubS3(t, () => ({ ...OK, body: '<a><ETag>"1"</ETag></a>' }));
  const store = storeOn(t, url, { customerkey });
  await store.put('key', { content: [] });
  await store.head('key');
  await store.copy({ key: 'key', version: '"1"', size: 0 }, 'to');
  (await store.get('key', { start: 0, end: Infinity })).body.destroy();
  t.is(seen.length, 4);
  for (const { headers } of seen) t.is(headers['x-amz-server-side-encryption-customer-key'], customerkey);
  t.is(seen[2]?.headers['x-amz-copy-source-server-side-encryption-customer-key'], customerkey);
});

test('many keys are deleted by the thousand; those that failed for a moment are sent again', async (t) => {
  const failure = (key: string, code: string) => `<Error><Key>${key}</Key><Code>${code}</Code></Error>`;
  const errors = [
    `${failure('key-0', 'InternalError')}${failure('key-1', 'NoSuchKey')}${failure('key-2', 'SlowDown')}`,
  ];
  const { url, seen } = await stubS3(t, (_, number) => ({
    body: `<DeleteResult>${errors[number - 1] ?? ''}</DeleteResult>`,
  }));
  await storeOn(t, url).deleteMany(Array.from({ length: 1001 }, (_, index) => `key-${index}`));
  const keys = seen.map(({ body }) => [...body.matchAll(/<Key>([^<]+)/g)].map(([, key]) => key));
  t.deepEqual(
    keys.map(({ length }) => length),
    [1000, 2, 1],
  );
  t.deepEqual(keys.slice(1), [['key-0', 'key-2'], ['key-1000']]);
  for (const { headers, body } of seen) {
    t.is(headers['content-md5'], createHash('md5').update(body).digest('base64'));
  }
});

test('a key that may not be deleted is reported, although the answer was 200', async (t) => {
  const body = '<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>';
  const { url } = await stubS3(t, () => ({ body }));
  const error = await t.throwsAsync(storeOn(t, url).deleteMany(['a', 'b']));
  t.like(error, { name: 'StatusError', status: 403 });
  t.regex(error.message, /AccessDenied: no \(a\)/);
});

test('a version is deleted with a condition where the store has one, and after a look where it has not', async (t) => {
  const { url, seen } = await stubS3(t, ({ method }) => (method === 'HEAD' ? OK : { status: 204 }));
  t.true(await storeOn(t, url, { store: 'aws' }).delete('key', { ifVersion: '"9"' }));
  t.deepEqual(
    seen.map(({ method, headers }) => [method, headers['if-match']]),
    [['DELETE', '"9"']],
  );
  const error = await t.throwsAsync(storeOn(t, url).delete('key', { ifVersion: '"9"' }));
  t.like(error, { status: 412 });
  t.true(await storeOn(t, url).delete('key', { ifVersion: '"1"' }));
  t.deepEqual(
    seen.slice(1).map(({ method }) => method),
    ['HEAD', 'HEAD', 'DELETE'],
  );
});

test('an object beyond the threshold is copied in parts, as many at a time as configured', async (t) => {
  const ranges: (string | undefined)[] = [];
  let inFlight = 0;
  const { url, seen } = await stubS3(t, ({ url: path, headers }) => {
    if (path.includes('uploads')) return { body: '<a><UploadId>u</UploadId></a>' };
    if (path.includes('partNumber')) {
      inFlight += 1;
      ranges.push(headers['x-amz-copy-source-range']?.toString());
      return { body: `<CopyPartResult><ETag>"p${inFlight}"</ETag></CopyPartResult>` };
    }
    return { body: '<a><ETag>"whole-3"</ETag></a>' };
  });
  const options = {
    multipartcopythresholdsize: 10 * MIB,
    multipartcopychunksize: 5 * MIB,
    multipartcopymaxconcurrency: 2,
  };
  await storeOn(t, url, options).copy({ key: 'from', version: '"1"', size: 12 * MIB }, 'to');
  t.deepEqual(
    ranges.toSorted(),
    [`bytes=${10 * MIB}-${12 * MIB - 1}`, `bytes=${5 * MIB}-${10 * MIB - 1}`, `bytes=0-${5 * MIB - 1}`].toSorted(),
  );
  t.is(seen.length, 5);
  t.is([...(seen.at(-1)?.body ?? '').matchAll(/<PartNumber>/g)].length, 3);
});

test('a copy in parts that fails is aborted, and its error is that of the part', async (t) => {
  const { url, seen } = await stubS3(t, ({ url: path, method }) => {
    if (path.includes('uploads')) return { body: '<a><UploadId>u</UploadId></a>' };
    return method === 'DELETE' ? { status: 204 } : { status: 412, body: errorBody('PreconditionFailed') };
  });
  const options = { multipartcopythresholdsize: 0, multipartcopychunksize: 5 * MIB };
  const error = await t.throwsAsync(storeOn(t, url, options).copy({ key: 'f', version: '"1"', size: 9 * MIB }, 'to'));
  t.like(error, { name: 'StatusError', status: 412 });
  t.is(seen.at(-1)?.method, 'DELETE');
});

test('parts of one size are demanded where a store requires them', (t) => {
  const parts = { partBytes: 10 * MIB, maxParts: 10_000 };
  t.deepEqual(storeOn(t, 'http://localhost', { store: 'r2' }).capabilities.parts, {
    ...parts,
    minBytes: 10 * MIB,
    unitBytes: 10 * MIB,
    maxBytes: 10 * MIB,
  });
  t.like(storeOn(t, 'http://localhost').capabilities.parts, { ...parts, minBytes: 5 * MIB, unitBytes: 1 });
});

test('a call is tried six times, also one that looks before it deletes or after a condition failed', async (t) => {
  const { url, seen } = await stubS3(t, ({ method }) =>
    method === 'HEAD' ? { status: 503 } : { status: 412, body: errorBody('PreconditionFailed') },
  );
  await t.throwsAsync(storeOn(t, url).delete('key', { ifVersion: '"1"' }), { message: /answered 503/ });
  t.is(seen.length, 6);
  await t.throwsAsync(storeOn(t, url).put('key', { content: [], ifVersion: ABSENT, isUnique: true }));
  t.is(seen.length, 6 + 12);
});

test('a HEAD that is refused for a wrong clock is tried again by that of the service', async (t) => {
  const hourAhead = () => new Date(Date.now() + 3_600_000);
  const { url, seen } = await stubS3(t, (_, number) =>
    number === 1
      ? { status: 403, headers: { date: hourAhead().toUTCString() } }
      : { headers: { etag: '"1"', 'content-length': '4' } },
  );
  t.like(await storeOn(t, url).head('key'), { version: '"1"' });
  const signedAt = (index: number) => String(seen[index]?.headers['x-amz-date']);
  t.true(signedAt(1) > signedAt(0), `${signedAt(0)}, ${signedAt(1)}`);
  const denied = await stubS3(t, () => ({ status: 403 }));
  t.like(await t.throwsAsync(storeOn(t, denied.url).head('key')), { status: 403 });
  t.is(denied.seen.length, 1);
});

test('the path of an endpoint precedes that of the bucket, and options of Amazon do not matter there', async (t) => {
  const { url, seen } = await stubS3(t, () => OK);
  await storeOn(t, `${url}/storage/v1/s3`, { usedualstack: true, usefipsendpoint: true }).put('key', { content: [] });
  t.is(seen[0]?.url.split('?')[0], '/storage/v1/s3/images/key');
});
