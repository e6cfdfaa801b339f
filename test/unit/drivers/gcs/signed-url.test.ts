import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Storage } from '@google-cloud/storage';
import test from 'ava';
import { JWT } from 'google-auth-library';
import { openDriver } from '../../../../drivers/gcs/open-driver.ts';
import { signUrl } from '../../../../drivers/gcs/signed-url.ts';
import { at } from '../../../../testing/driver-case.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { stubService } from './stub-service.ts';

const EMAIL = 'registry@project.iam.gserviceaccount.com';
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const CREDENTIALS = { type: 'service_account', client_email: EMAIL, private_key: privateKey };
const KEY = 'first/docker/registry/v2/blobs/a+b~(c)';

const storage = new Storage({ authClient: new JWT({ email: EMAIL, key: CREDENTIALS.private_key }) });
// Its signatures need the credentials, but an option for them makes it warn.
storage.authClient.jsonContent = CREDENTIALS;
const signer = { email: EMAIL, sign: (text: string) => storage.authClient.sign(text) };
const wanted = { endpoint: 'https://storage.googleapis.com', bucket: 'images', key: KEY, expiresInMs: 1_200_000 };

test('for GET it is exactly the URL that the Google library signs', async (t) => {
  const now = new Date(Math.floor(Date.now() / 1000) * 1000);
  const url = await signUrl(signer, { ...wanted, method: 'GET', now });
  const [expected] = await storage
    .bucket('images')
    .file(KEY)
    .getSignedUrl({ version: 'v4', action: 'read', accessibleAt: now, expires: new Date(now.getTime() + 1_200_000) });
  const fields = (text: string) => Object.fromEntries(new URL(text).searchParams);
  t.deepEqual(fields(url.href), fields(expected));
  t.is(decodeURIComponent(url.pathname), decodeURIComponent(new URL(expected).pathname));
});

test('for HEAD the method is signed, with the account, the time and the validity', async (t) => {
  const now = new Date('2026-11-21T07:08:09.500Z');
  const get = await signUrl(signer, { ...wanted, method: 'GET', now });
  const head = await signUrl(signer, { ...wanted, method: 'HEAD', now });
  t.not(head.searchParams.get('X-Goog-Signature'), get.searchParams.get('X-Goog-Signature'));
  t.like(Object.fromEntries(head.searchParams), {
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${EMAIL}/20261121/auto/storage/goog4_request`,
    'X-Goog-Date': '20261121T070809Z',
    'X-Goog-Expires': '1200',
    'X-Goog-SignedHeaders': 'host',
  });
});

test('the signature is of the private key', async (t) => {
  let signed = '';
  const url = await signUrl(
    { email: EMAIL, sign: (text) => signer.sign((signed = text)) },
    { ...wanted, method: 'HEAD' },
  );
  const signature = Buffer.from(url.searchParams.get('X-Goog-Signature') ?? '', 'hex');
  t.true(createVerify('RSA-SHA256').update(signed).verify(createPublicKey(privateKey), signature));
});

test('a URL is valid for at least a second and at most a week', async (t) => {
  const secondsFor = async (expiresInMs: number) =>
    (await signUrl(signer, { ...wanted, method: 'GET', expiresInMs })).searchParams.get('X-Goog-Expires');
  t.is(await secondsFor(1), '1');
  t.is(await secondsFor(30 * 24 * 3_600_000), '604800');
});

test('a driver with a private key redirects, from a keyfile or from credentials; one without cannot', async (t) => {
  const endpoint = await stubService(t, (_, response) => response.end('{}'));
  const keyfile = join(await tempRoot(t), 'key.json');
  await writeFile(keyfile, JSON.stringify(CREDENTIALS));
  const common = {
    bucket: 'images',
    rootdirectory: 'first',
    chunksize: 262_144,
    maxconcurrency: 25,
    useragent: 'test',
    endpoint,
  };
  for (const options of [{ credentials: CREDENTIALS }, { keyfile }]) {
    await using driver = await openDriver({ ...common, ...options }, { authorize: async () => ({}) });
    t.true(driver.capabilities.redirect);
    const url = await driver.redirectUrl?.(at('/docker/data'), { method: 'GET', expiresInMs: 60_000 });
    t.is(url?.origin, endpoint);
    t.is(url?.pathname, '/images/first/docker/data');
    t.is(url?.searchParams.get('X-Goog-Expires'), '60');
  }
  await using driver = await openDriver(common);
  t.false(driver.capabilities.redirect);
  t.is(driver.redirectUrl, undefined);
});
