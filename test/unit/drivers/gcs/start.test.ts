import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type OpenDependencies, openDriver } from '../../../../drivers/gcs/open-driver.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { stubService } from './stub-service.ts';

const OPTIONS = {
  bucket: 'images',
  rootdirectory: '',
  chunksize: 262_144,
  maxconcurrency: 25,
  useragent: 'stowage-test',
};

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const CREDENTIALS = { type: 'service_account', client_email: 'registry@project.example', private_key: privateKey };

/** The message for the operator when the service answers so. */
async function messageFor(t: ExecutionContext, status: number, message: string, options: object = {}): Promise<string> {
  const endpoint = await stubService(t, (_, response) =>
    response.writeHead(status).end(JSON.stringify({ error: { message } })),
  );
  const authorized: OpenDependencies = { authorize: async () => ({ authorization: 'Bearer token' }) };
  return (await t.throwsAsync(openDriver({ ...OPTIONS, endpoint, ...options }, authorized))).message;
}

test('a bucket that is missing is named, with the key of the configuration', async (t) => {
  const message = await messageFor(t, 404, 'The specified bucket does not exist.');
  t.regex(message, /^storage\.gcs\.bucket: there is no bucket "images" at http:.*Create it first, or correct the name/);
});

test('an account that may not list is named, with the role that it needs', async (t) => {
  const options = { credentials: CREDENTIALS };
  const message = await messageFor(t, 403, 'no storage.objects.list access', options);
  t.regex(message, /^storage\.gcs\.bucket: registry@project\.example may not list "images"/);
  t.regex(message, /no storage\.objects\.list access.*roles\/storage\.objectAdmin/);
});

test('credentials that are refused name the key that they come from', async (t) => {
  t.regex(
    await messageFor(t, 401, 'Invalid Credentials'),
    /^storage\.gcs\.keyfile or credentials: the credentials were rej/,
  );
  const message = await messageFor(t, 401, 'Invalid Credentials', { credentials: CREDENTIALS });
  t.regex(message, /^storage\.gcs\.credentials: the credentials were rejected.*Set keyfile to/);
});

test('a keyfile that is missing, not JSON or not the key of a service account is named, with the expected content', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'text.json'), 'no JSON');
  await writeFile(join(folder, 'list.json'), '[]');
  await writeFile(join(folder, 'user.json'), JSON.stringify({ ...CREDENTIALS, type: 'authorized_user' }));
  await writeFile(join(folder, 'no-key.json'), JSON.stringify({ ...CREDENTIALS, private_key: 'no key' }));
  for (const [name, reason] of [
    ['missing.json', /ENOENT/],
    ['text.json', /JSON/],
    ['list.json', /expected object/],
    ['user.json', /type must be service_account/],
    ['no-key.json', /private_key is not a private key in PEM/],
  ] as const) {
    const keyfile = join(folder, name);
    const { message } = await t.throwsAsync(openDriver({ ...OPTIONS, keyfile, endpoint: 'http://127.0.0.1:1' }));
    t.true(message.startsWith(`storage.gcs.keyfile: cannot use ${JSON.stringify(keyfile)}`), message);
    t.regex(message, reason);
    t.regex(message, /Provide the JSON key of a service account/);
  }
});

test('incomplete credentials are reported with the missing fields', async (t) => {
  const { message } = await t.throwsAsync(openDriver({ ...OPTIONS, credentials: { type: 'service_account' } }));
  t.regex(
    message,
    /^storage\.gcs\.credentials: cannot use them: client_email is missing, private_key is missing\. Provide/,
  );
});

test('without credentials the message lists the ways to provide them', async (t) => {
  const endpoint = await stubService(t, (_, response) => response.end('{}'));
  const authorize = () => Promise.reject(new Error('Could not load the default credentials.'));
  const { message } = await t.throwsAsync(openDriver({ ...OPTIONS, endpoint }, { authorize }));
  t.regex(message, /^storage\.gcs\.keyfile or credentials: no usable credentials \(Could not load the default/);
  t.regex(message, /gcloud auth application-default login/);
});

test('a service that cannot be reached is named', async (t) => {
  const { message } = await t.throwsAsync(openDriver({ ...OPTIONS, endpoint: 'http://127.0.0.1:1' }));
  t.regex(
    message,
    /^storage\.gcs\.endpoint: cannot list the bucket "images" at http:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/,
  );
});
