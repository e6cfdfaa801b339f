import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { storeOn, stubS3 } from './stub-s3.ts';

const OK = { headers: { etag: '"1"' } };
const MIB = 2 ** 20;

test('copies in parts share a limit, and other calls do not wait for them', async (t) => {
  const released = Promise.withResolvers<void>();
  const [twoBegun, begin] = [Promise.withResolvers<void>(), { count: 0, most: 0, now: 0 }];
  const { url } = await stubS3(t, async ({ url: path, method }) => {
    if (method === 'HEAD') return OK;
    if (path.includes('uploads')) return { body: '<a><UploadId>u</UploadId></a>' };
    if (!path.includes('partNumber')) return { body: '<a><ETag>"whole"</ETag></a>' };
    begin.count += 1;
    begin.now += 1;
    begin.most = Math.max(begin.most, begin.now);
    if (begin.count === 2) twoBegun.resolve();
    await released.promise;
    begin.now -= 1;
    return { body: '<CopyPartResult><ETag>"p"</ETag></CopyPartResult>' };
  });
  const store = storeOn(t, url, {
    multipartcopythresholdsize: 0,
    multipartcopychunksize: 5 * MIB,
    multipartcopymaxconcurrency: 2,
  });
  const source = { key: 'from', version: '"1"', size: 20 * MIB };
  const copies = Promise.all([store.copy(source, 'one'), store.copy(source, 'two')]);
  await twoBegun.promise;
  t.like(await store.head('key'), { version: '"1"' });
  released.resolve();
  await copies;
  t.is(begin.count, 8);
  t.is(begin.most, 2);
});

test('a service may be silent for long before it answers a copy or the end of an upload', async (t) => {
  const idleMs = 100;
  const { url, seen } = await stubS3(t, async ({ url: path }) => {
    if (path.includes('uploads')) return { body: '<a><UploadId>u</UploadId></a>' };
    if (path.includes('partNumber')) return OK;
    // Another change would be lost after 300 ms.
    await setTimeout(6 * idleMs);
    return { body: '<a><ETag>"2"</ETag></a>' };
  });
  const store = storeOn(t, url, { idleMs });
  await store.copy({ key: 'from', version: '"1"', size: 4 }, 'to');
  const upload = await store.beginUpload('key');
  await upload.complete({ chunks: [Buffer.from('part')], start: 0, isChecked: false, crc32c: undefined });
  t.is(seen.length, 4);
});
