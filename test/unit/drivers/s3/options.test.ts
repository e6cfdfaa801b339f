import test from 'ava';
import { DRIVER_CONTRACT } from '../../../../core/driver/index.ts';
import s3 from '../../../../drivers/s3/index.ts';
import { endpointOf } from '../../../../drivers/s3/options.ts';
import { parseOptions } from '../../../helpers/drivers/driver-options.ts';

const MIB = 2 ** 20;
const PLACE = { bucket: 'images', region: 'eu-central-1' };

test('the definition names the driver and the contract', (t) => {
  t.is(s3.name, 's3');
  t.is(s3.contract, DRIVER_CONTRACT);
});

test('options have the defaults of distribution', async (t) => {
  t.deepEqual((await parseOptions(s3, PLACE)).value, {
    ...PLACE,
    forcepathstyle: false,
    rootdirectory: '',
    encrypt: false,
    secure: true,
    skipverify: false,
    v4auth: true,
    chunksize: 10 * MIB,
    multipartcopychunksize: 32 * MIB,
    multipartcopymaxconcurrency: 100,
    multipartcopythresholdsize: 32 * MIB,
    storageclass: 'STANDARD',
    objectacl: 'private',
    useragent: 'stowage',
    usedualstack: false,
    usefipsendpoint: false,
    accelerate: false,
    loglevel: 'off',
  });
});

test('options of distribution are accepted in its forms: text for numbers and flags, empty keys, a class in lower case', async (t) => {
  const { value, issues } = await parseOptions(s3, {
    ...PLACE,
    accesskey: '',
    secretkey: '',
    secure: 'false',
    encrypt: 'T',
    keyid: 'arn:aws:kms:eu-central-1:1:key/2',
    chunksize: '20971520',
    multipartcopythresholdsize: 0,
    storageclass: 'intelligent_tiering',
    loglevel: false,
    rootdirectory: null,
  });
  t.deepEqual(issues, []);
  t.like(value, {
    accesskey: undefined,
    secure: false,
    encrypt: true,
    chunksize: 20 * MIB,
    multipartcopythresholdsize: 0,
    storageclass: 'INTELLIGENT_TIERING',
    loglevel: 'off',
    rootdirectory: '',
  });
});

test('a key without a value has its default, and a name may be a number', async (t) => {
  const defaults = (await parseOptions(s3, PLACE)).value as object;
  for (const empty of [null, '']) {
    const left = Object.fromEntries(Object.keys(defaults).map((key) => [key, empty]));
    const { value, issues } = await parseOptions(s3, { ...left, store: empty, ...PLACE });
    t.deepEqual(issues, []);
    t.like(value, defaults);
  }
  const { value } = await parseOptions(s3, { ...PLACE, bucket: 2024, rootdirectory: 7 });
  t.like(value, { bucket: '2024', rootdirectory: '7' });
});

test('a level of the log that distribution does not know is `off`', async (t) => {
  for (const loglevel of ['info', true, 3, 'off']) {
    t.like((await parseOptions(s3, { ...PLACE, loglevel })).value, { loglevel: 'off' });
  }
  t.like((await parseOptions(s3, { ...PLACE, loglevel: 'Debug' })).value, { loglevel: 'debug' });
});

test('an endpoint may have a path', async (t) => {
  const regionendpoint = 'https://project.supabase.co/storage/v1/s3';
  t.like((await parseOptions(s3, { ...PLACE, regionendpoint })).value, { regionendpoint });
});

test('a customer key has one form, however its base64 is written', async (t) => {
  const customerkey = Buffer.alloc(32, 255).toString('base64');
  for (const written of [customerkey, Buffer.alloc(32, 255).toString('base64url')]) {
    t.like((await parseOptions(s3, { ...PLACE, customerkey: written })).value, { customerkey });
  }
});

test('a wrong option is named, with what it must be', async (t) => {
  for (const [options, problem] of [
    [{ bucket: '' }, /^bucket: must name a bucket/],
    [{ region: undefined }, /^region: must name the region of the bucket/],
    [{ chunksize: 5 * MIB - 1 }, /^chunksize: must be at least 5242880/],
    [{ multipartcopychunksize: 'big' }, /^multipartcopychunksize: must be a whole number/],
    [{ multipartcopymaxconcurrency: 0 }, /^multipartcopymaxconcurrency: must be at least 1/],
    [{ regionendpoint: 'ftp://host' }, /^regionendpoint: must be a URL with http or https/],
    [{ regionendpoint: 'https://host/path?a=b' }, /^regionendpoint: .* without a query/],
    [{ redirectendpoint: 'cdn.example.com' }, /^redirectendpoint: must be a URL/],
    [{ redirectendpoint: 'https://cdn.example.com/?a=b' }, /^redirectendpoint: .* without a path or a query/],
    [{ storageclass: 'GLACIER' }, /^storageclass: must be one of STANDARD, /],
    [{ objectacl: 'public' }, /^objectacl: must be one of private, /],
    [{ v4auth: false }, /^v4auth: signatures of version 2 are not supported/],
    [{ secure: 'maybe' }, /^secure: must be true or false/],
    [{ accesskey: 'a' }, /^secretkey: is missing; accesskey needs it/],
    [{ secretkey: 'a' }, /^accesskey: is missing; secretkey needs it/],
    [{ sessiontoken: 'a' }, /^sessiontoken: needs accesskey/],
    [{ keyid: 'a' }, /^keyid: has no effect without encrypt/],
    [{ customerkey: 'c2hvcnQ=' }, /^customerkey: must be 32 bytes in base64/],
    [{ customerkey: Buffer.alloc(32).toString('base64'), encrypt: true }, /^customerkey: excludes encrypt/],
    [{ accelerate: true, forcepathstyle: true }, /^accelerate: excludes forcepathstyle/],
    [{ store: 'azure' }, /^store: must be one of aws, r2, b2, oci, ceph, minio, garage, other/],
    [{ rootdir: 'x' }, /rootdir/],
  ] as const) {
    const { issues } = await parseOptions(s3, { ...PLACE, ...options });
    t.is(issues.length, 1, issues.join('; '));
    t.regex(issues[0] ?? '', problem);
  }
});

test('all problems show at once, also those between options', async (t) => {
  const { issues } = await parseOptions(s3, { bucket: 'images', accesskey: 'a', chunksize: 1, unknown: true });
  t.deepEqual(issues.map((issue) => issue.split(':')[0]).toSorted(), ['', 'chunksize', 'region', 'secretkey']);
});

test('an endpoint without a scheme has that of `secure`', (t) => {
  t.is(endpointOf({ regionendpoint: 'minio:9000', secure: false }), 'http://minio:9000');
  t.is(endpointOf({ regionendpoint: 'minio:9000', secure: true }), 'https://minio:9000');
  t.is(endpointOf({ regionendpoint: 'http://minio:9000', secure: true }), 'http://minio:9000');
  t.is(endpointOf({ regionendpoint: undefined, secure: true }), undefined);
});
