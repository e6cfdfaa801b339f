import test from 'ava';
import { storeAt } from '../../../../drivers/s3/stores.ts';

test('a store is known by its endpoint, or by its name', (t) => {
  for (const [name, endpoint, expected] of [
    [undefined, undefined, 'aws'],
    [undefined, 'https://bucket.vpce-1a2b3c.s3.eu-central-1.vpce.amazonaws.com', 'aws'],
    [undefined, 'https://s3.cn-north-1.amazonaws.com.cn', 'aws'],
    [undefined, 'https://0123456789abcdef.r2.cloudflarestorage.com', 'r2'],
    [undefined, 'https://s3.us-west-004.backblazeb2.com', 'b2'],
    [undefined, 'https://space.compat.objectstorage.eu-frankfurt-1.oraclecloud.com', 'oci'],
    [undefined, 'http://127.0.0.1:9000', 'other'],
    [undefined, 'https://amazonaws.com.example.org', 'other'],
    ['garage', 'http://127.0.0.1:3900', 'garage'],
    ['other', undefined, 'other'],
  ] as const) {
    t.is(storeAt(name, endpoint).name, expected);
  }
});

test('only stores that are known to obey conditions are trusted with them unasked', (t) => {
  t.is(storeAt('aws', undefined).conditionalPuts, true);
  t.is(storeAt('r2', undefined).conditionalPuts, true);
  t.is(storeAt('garage', undefined).conditionalPuts, false);
  for (const name of ['b2', 'oci', 'ceph', 'minio', 'other']) t.is(storeAt(name, undefined).conditionalPuts, 'ask');
});
