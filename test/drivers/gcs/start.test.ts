import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDriver, type Surroundings } from '../../../drivers/gcs/open-driver.ts';
import { tempRoot } from '../../helpers/temp-root.ts';
import { stubService } from './stub-service.ts';

const OPTIONS = {
  bucket: 'images',
  rootdirectory: '',
  chunksize: 262_144,
  maxconcurrency: 25,
  useragent: 'stowage-test',
};

/** What the operator reads when the service answers so. */
async function messageFor(t: ExecutionContext, status: number, message: string, options: object = {}): Promise<string> {
  const endpoint = await stubService(t, (_, response) =>
    response.writeHead(status).end(JSON.stringify({ error: { message } })),
  );
  const authorized: Surroundings = { authorize: async () => ({ authorization: 'Bearer token' }) };
  return (await t.throwsAsync(openDriver({ ...OPTIONS, endpoint, ...options }, authorized))).message;
}

test('a bucket that is missing is named, with the key of the configuration', async (t) => {
  const message = await messageFor(t, 404, 'The specified bucket does not exist.');
  t.regex(message, /^storage\.gcs\.bucket: there is no bucket "images" at http:.*Make it first, or correct the name/);
});

test('an account that may not list is named, with the role that it needs', async (t) => {
  const credentials = { client_email: 'registry@project.example' };
  const message = await messageFor(t, 403, 'no storage.objects.list access', { credentials });
  t.regex(message, /^storage\.gcs\.bucket: registry@project\.example may not list "images"/);
  t.regex(message, /no storage\.objects\.list access.*roles\/storage\.objectAdmin/);
});

test('credentials that are refused name the key that they come from', async (t) => {
  t.regex(
    await messageFor(t, 401, 'Invalid Credentials'),
    /^storage\.gcs\.keyfile or credentials: the credentials are ref/,
  );
  const message = await messageFor(t, 401, 'Invalid Credentials', { credentials: { client_email: 'a@b' } });
  t.regex(message, /^storage\.gcs\.credentials: the credentials are refused.*Let keyfile name/);
});

test('a keyfile that is missing or no JSON is named, with what it must be', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'text.json'), 'no JSON');
  await writeFile(join(folder, 'list.json'), '[]');
  for (const [name, reason] of [
    ['missing.json', /ENOENT/],
    ['text.json', /JSON/],
    ['list.json', /no JSON object/],
  ] as const) {
    const keyfile = join(folder, name);
    const { message } = await t.throwsAsync(openDriver({ ...OPTIONS, keyfile, endpoint: 'http://127.0.0.1:1' }));
    t.true(message.startsWith(`storage.gcs.keyfile: cannot use ${JSON.stringify(keyfile)}`), message);
    t.regex(message, reason);
    t.regex(message, /JSON key of a service account/);
  }
});

test('a key that is no key, and an account without credentials, are told as such', async (t) => {
  const endpoint = await stubService(t, (_, response) => response.end('{}'));
  const credentials = { type: 'service_account', client_email: 'a@b.example', private_key: 'not a key' };
  const wrong = await t.throwsAsync(openDriver({ ...OPTIONS, credentials, endpoint }));
  t.regex(wrong.message, /^storage\.gcs\.credentials: no usable credentials/);

  const none = await t.throwsAsync(
    openDriver(
      { ...OPTIONS, endpoint },
      { authorize: () => Promise.reject(new Error('Could not load the default credentials.')) },
    ),
  );
  t.regex(none.message, /^storage\.gcs\.keyfile or credentials: no usable credentials \(Could not load the default/);
  t.regex(none.message, /gcloud auth application-default login/);
});

test('a service that cannot be reached is named', async (t) => {
  const { message } = await t.throwsAsync(openDriver({ ...OPTIONS, endpoint: 'http://127.0.0.1:1' }));
  t.regex(
    message,
    /^storage\.gcs\.endpoint: cannot list the bucket "images" at http:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/,
  );
});
