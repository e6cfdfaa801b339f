import test, { type ExecutionContext } from 'ava';
import { openDriver } from '../../../../drivers/s3/open-driver.ts';
import { S3Options } from '../../../../drivers/s3/options.ts';
import { missingLibrary } from '../../../../drivers/s3/start-error.ts';
import { errorBody, type StubAnswer, type StubRequest, stubS3 } from './stub-s3.ts';

const EMPTY = { body: '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>' };

function optionsAt(url: string, changes: object = {}): S3Options {
  const place = { bucket: 'images', region: 'us-east-1', regionendpoint: url, forcepathstyle: true };
  return S3Options.parse({ ...place, accesskey: 'key', secretkey: 'secret', ...changes });
}

async function messageFor(t: ExecutionContext, status: number, code: string): Promise<string> {
  const { url } = await stubS3(t, () => ({ status, body: errorBody(code) }));
  return (await t.throwsAsync(openDriver(optionsAt(url)))).message;
}

test('a start that fails names the key of the configuration and the remedy', async (t) => {
  for (const [status, code, expected] of [
    [404, 'NoSuchBucket', /^storage\.s3\.bucket: there is no bucket "images" at http:.*Create it first/],
    [403, 'AccessDenied', /^storage\.s3\.bucket: the credentials may not list "images".*Allow s3:ListBucket/],
    [403, 'InvalidAccessKeyId', /^storage\.s3\.accesskey: the credentials were rejected.*Set accesskey and secretkey/],
    [403, 'SignatureDoesNotMatch', /^storage\.s3\.accesskey: the credentials were rejected/],
    [301, 'PermanentRedirect', /^storage\.s3\.region: the bucket "images" is in another region/],
    [400, 'AuthorizationHeaderMalformed', /^storage\.s3\.region: /],
    [405, 'MethodNotAllowed', /^storage\.s3\.regionendpoint: cannot list the bucket "images" at http:/],
  ] as const) {
    t.regex(await messageFor(t, status, code), expected);
  }
});

test('an address that nobody answers is named', async (t) => {
  const error = await t.throwsAsync(openDriver(optionsAt('http://127.0.0.1:9')));
  t.regex(
    error.message,
    /^storage\.s3\.regionendpoint: cannot list the bucket "images" at http:\/\/127\.0\.0\.1:9 .*ECONNREFUSED/,
  );
});

/** A store that obeys `If-None-Match`, or not. */
function storeThat(obeys: boolean): (request: StubRequest, number: number) => StubAnswer {
  let stored = 0;
  return ({ method, headers }) => {
    if (method === 'GET') return EMPTY;
    if (method === 'DELETE') return { status: 204 };
    stored += 1;
    const isRefused = obeys && (stored > 1 || headers['if-match'] !== undefined);
    return isRefused ? { status: 412, body: errorBody('PreconditionFailed') } : { headers: { etag: '"1"' } };
  };
}

test('a store that is not known is asked whether it obeys conditions', async (t) => {
  const { url, seen } = await stubS3(t, storeThat(true));
  const driver = await openDriver(optionsAt(url));
  t.true(driver.capabilities.exclusiveWriters);
  t.true(driver.capabilities.conditionalWrites);
  t.deepEqual(
    seen.map(({ method }) => method),
    ['GET', 'PUT', 'PUT', 'PUT', 'DELETE'],
  );
  await driver[Symbol.asyncDispose]();
});

test('without conditions the driver claims nothing that needs them, and a line says so', async (t) => {
  const warnings: string[] = [];
  for (const obeys of [storeThat(false), ({ method }: StubRequest) => (method === 'GET' ? EMPTY : { status: 501 })]) {
    const { url } = await stubS3(t, obeys);
    const driver = await openDriver(optionsAt(url), { warn: (message) => void warnings.push(message) });
    t.false(driver.capabilities.exclusiveWriters);
    t.false(driver.capabilities.conditionalWrites);
    await driver[Symbol.asyncDispose]();
  }
  t.is(warnings.length, 2);
  t.regex(warnings[0] ?? '', /the S3 service has no conditional writes: .*locks in Redis/);
});

test('a store that is named is believed, and not asked', async (t) => {
  for (const [store, isExclusive] of [
    ['aws', true],
    ['garage', false],
  ] as const) {
    const { url, seen } = await stubS3(t, () => EMPTY);
    const driver = await openDriver(optionsAt(url, { store }));
    t.is(driver.capabilities.exclusiveWriters, isExclusive);
    t.is(seen.length, 1);
    await driver[Symbol.asyncDispose]();
  }
});

test('a library that is not installed is named, with the command that installs it', (t) => {
  const error = Object.assign(new Error("Cannot find package '@aws-sdk/client-s3' imported from x"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  t.regex(String(missingLibrary(error)), /storage\.s3: the driver needs @aws-sdk\/client-s3 .*without --omit=optional/);
  const other = new Error('another');
  t.is(missingLibrary(other), other);
});

test('the question of conditions is put as objects are stored, and outlives a lost answer and a refused delete', async (t) => {
  const keys = new Set<string>();
  let puts = 0;
  const { url, seen } = await stubS3(t, ({ method, url: path, headers }) => {
    if (method === 'GET') return EMPTY;
    if (method === 'DELETE') return { status: 403, body: errorBody('AccessDenied') };
    puts += 1;
    const isThere = keys.has(path);
    keys.add(path);
    if (puts === 1) return { status: 500 };
    return isThere || headers['if-match'] !== undefined
      ? { status: 412, body: errorBody('PreconditionFailed') }
      : { headers: { etag: '"1"' } };
  });
  const driver = await openDriver(optionsAt(url, { encrypt: true, objectacl: 'bucket-owner-full-control' }));
  t.true(driver.capabilities.exclusiveWriters);
  for (const { headers } of seen.filter(({ method }) => method === 'PUT')) {
    t.like(headers, { 'x-amz-server-side-encryption': 'AES256', 'x-amz-acl': 'bucket-owner-full-control' });
  }
  t.is(seen.filter(({ method }) => method === 'DELETE').length, 2);
  await driver[Symbol.asyncDispose]();
});

test('where the question of conditions is refused, a line says what to allow', async (t) => {
  const warnings: string[] = [];
  const { url } = await stubS3(t, ({ method }) =>
    method === 'GET' ? EMPTY : { status: 403, body: errorBody('AccessDenied') },
  );
  const driver = await openDriver(optionsAt(url), { warn: (message) => void warnings.push(message) });
  t.false(driver.capabilities.exclusiveWriters);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /is not known, since the credentials may not store objects \(.*AccessDenied.*\): allow/);
  await driver[Symbol.asyncDispose]();
});

test('options without an effect, and URLs that lose the bucket, are named at the start', async (t) => {
  const warnings: string[] = [];
  const { url } = await stubS3(t, () => EMPTY);
  const options = { usedualstack: true, usefipsendpoint: true, redirectendpoint: 'https://s3.example.com' };
  const driver = await openDriver(optionsAt(url, { ...options, store: 'aws' }), {
    warn: (line) => void warnings.push(line),
  });
  t.deepEqual(
    warnings.map((line) => line.split(/[ :]/)[0]),
    ['storage.s3.usedualstack', 'storage.s3.usefipsendpoint'],
  );
  await driver[Symbol.asyncDispose]();
});
