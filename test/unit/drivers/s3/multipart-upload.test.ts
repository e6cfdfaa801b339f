import test from 'ava';
import { DriverError } from '../../../../core/driver/index.ts';
import { errorBody, type StubAnswer, type StubRequest, storeOn, stubS3 } from './stub-s3.ts';

/** Parts of 10 bytes, in pages of two. */
function partsPage({ url }: StubRequest, count: number): StubAnswer {
  const after = Number(new URL(url, 'http://x').searchParams.get('part-number-marker') ?? 0);
  const numbers = [after + 1, after + 2].filter((number) => number <= count);
  const parts = numbers.map(
    (number) => `<Part><PartNumber>${number}</PartNumber><ETag>"p${number}"</ETag><Size>10</Size></Part>`,
  );
  const last = numbers.at(-1) ?? after;
  const more = `<IsTruncated>${last < count}</IsTruncated><NextPartNumberMarker>${last}</NextPartNumberMarker>`;
  return { body: `<ListPartsResult>${more}${parts.join('')}</ListPartsResult>` };
}

const isList = ({ method }: StubRequest): boolean => method === 'GET';
const COMPLETED = { body: '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>' };

test('a resumed upload asks for its parts page by page, at the first call', async (t) => {
  const { url, seen } = await stubS3(t, (request) =>
    isList(request) ? partsPage(request, 5) : { headers: { etag: '"new"' } },
  );
  const upload = storeOn(t, url).resumeUpload({ key: 'k', token: 'u' });
  t.is(seen.length, 0);
  // The fourth and the fifth part are of a writer that was killed.
  await upload.part({ chunks: [Buffer.from('x')], start: 30, isChecked: false });
  await upload.part({ chunks: [Buffer.from('y')], start: 31, isChecked: false });
  t.deepEqual(
    seen.map(({ method, url: path }) => `${method} ${new URL(path, url).searchParams.get('partNumber') ?? ''}`),
    ['GET ', 'GET ', 'GET ', 'PUT 4', 'PUT 5'],
  );
});

test('parts that do not end where the upload goes on are those of another writer', async (t) => {
  const { url } = await stubS3(t, (request) => partsPage(request, 3));
  for (const start of [15, 40]) {
    const upload = storeOn(t, url).resumeUpload({ key: 'k', token: 'u' });
    const error = await t.throwsAsync(upload.part({ chunks: [Buffer.from('x')], start, isChecked: false }));
    t.true(DriverError.is(error, 'conflict'), String(error));
  }
});

test('an upload ends with the parts that count, and is found when another writer has ended it', async (t) => {
  const { url, seen } = await stubS3(t, (request) => (isList(request) ? partsPage(request, 3) : COMPLETED));
  const object = await storeOn(t, url).resumeUpload({ key: 'k', token: 'u' }).end(20);
  t.like(object, { key: 'k', version: '"whole"', size: 20 });
  t.deepEqual([...(seen.at(-1)?.body ?? '').matchAll(/p\d/g)].map(String), ['p1', 'p2']);

  const ended = await stubS3(t, ({ method }) =>
    method === 'HEAD'
      ? { headers: { etag: '"whole"', 'content-length': '20' } }
      : { status: 404, body: errorBody('NoSuchUpload') },
  );
  t.like(await storeOn(t, ended.url).resumeUpload({ key: 'k', token: 'u' }).end(20), { version: '"whole"', size: 20 });
});

test('a late part of an excluded writer, between the list and the end, makes the end start again', async (t) => {
  let ends = 0;
  const { url } = await stubS3(t, (request) => {
    if (isList(request)) return partsPage(request, 2);
    ends += 1;
    return ends === 1 ? { status: 400, body: errorBody('InvalidPart') } : COMPLETED;
  });
  t.is((await storeOn(t, url).resumeUpload({ key: 'k', token: 'u' }).end(20)).size, 20);
  t.is(ends, 2);
});

test('an upload without a byte is completed with one empty part', async (t) => {
  const { url, seen } = await stubS3(t, ({ url: path, method }) => {
    if (path.includes('uploads')) return { body: '<a><UploadId>u</UploadId></a>' };
    return method === 'PUT' ? { headers: { etag: '"empty"' } } : COMPLETED;
  });
  const upload = await storeOn(t, url).beginUpload('k');
  t.is((await upload.complete({ chunks: [], start: 0, isChecked: false, crc32c: undefined })).size, 0);
  t.true(seen.at(-1)?.body.includes('empty'));
});

test('a completion whose answer was lost is looked up', async (t) => {
  let attempts = 0;
  const { url } = await stubS3(t, ({ method }) => {
    if (method === 'HEAD') return { headers: { etag: '"whole"', 'content-length': '4' } };
    if (method === 'PUT') return { headers: { etag: '"p"' } };
    attempts += 1;
    if (attempts === 1) return { body: '<a><UploadId>u</UploadId></a>' };
    return attempts === 2 ? { status: 500 } : { status: 404, body: errorBody('NoSuchUpload') };
  });
  const upload = await storeOn(t, url).beginUpload('k');
  const last = { chunks: [Buffer.from('last')], start: 0, isChecked: false, crc32c: undefined };
  t.like(await upload.complete(last), { version: '"whole"', size: 4 });
});

test('an upload that is gone is aborted without an error', async (t) => {
  const { url, seen } = await stubS3(t, () => ({ status: 404, body: errorBody('NoSuchUpload') }));
  await storeOn(t, url).resumeUpload({ key: 'k', token: 'u' }).abort();
  t.is(seen.length, 1);
});

test('an upload that has become its object before is found, also by another process', async (t) => {
  const head = { headers: { etag: '"whole"', 'content-length': '24' } };
  const { url } = await stubS3(t, ({ method }) =>
    method === 'HEAD' ? head : { status: 404, body: errorBody('NoSuchUpload') },
  );
  const resumed = () => storeOn(t, url).resumeUpload({ key: 'k', token: 'u' });
  const last = { chunks: [Buffer.from('last')], start: 20, isChecked: false, crc32c: undefined };
  t.like(await resumed().complete(last), { version: '"whole"', size: 24 });
  const error = await t.throwsAsync(resumed().complete({ ...last, start: 21 }));
  t.true(DriverError.is(error, 'not-found'), String(error));
});

test('an upload that the service no longer has is not found', async (t) => {
  const { url } = await stubS3(t, ({ method }) =>
    method === 'HEAD' ? { status: 404 } : { status: 404, body: errorBody('NoSuchUpload') },
  );
  const resumed = () => storeOn(t, url).resumeUpload({ key: 'k', token: 'u' });
  const last = { chunks: [Buffer.from('last')], start: 20, isChecked: false, crc32c: undefined };
  for (const call of [() => resumed().complete(last), () => resumed().part(last), () => resumed().end(20)]) {
    const error = await t.throwsAsync(call());
    t.true(DriverError.is(error, 'not-found'), String(error));
  }
});

test('a bucket that is gone for a moment is no end of an upload', async (t) => {
  const { url } = await stubS3(t, () => ({ status: 404, body: errorBody('NoSuchBucket') }));
  const upload = storeOn(t, url).resumeUpload({ key: 'k', token: 'u' });
  const error = await t.throwsAsync(upload.part({ chunks: [Buffer.from('x')], start: 0, isChecked: false }));
  t.like(error, { name: 'StatusError', status: 404 });
});

test('an upload that has all parts that it may have says so, and is not tried again', async (t) => {
  const full = Array.from({ length: 10_000 }, () => '<Part><ETag>"p"</ETag><Size>10</Size></Part>').join('');
  const { url, seen } = await stubS3(t, () => ({ body: `<ListPartsResult>${full}</ListPartsResult>` }));
  const upload = storeOn(t, url).resumeUpload({ key: 'k', token: 'u' });
  const error = await t.throwsAsync(upload.part({ chunks: [Buffer.from('x')], start: 100_000, isChecked: false }));
  t.true(DriverError.is(error, 'not-supported'), String(error));
  t.is(seen.length, 1);
});
