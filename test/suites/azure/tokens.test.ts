import { createHmac } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import type { Credentials } from '../../../drivers/azure/credentials.ts';
import { assertBytes, at, bodyOf, content, names, readAll } from '../../../testing/driver-case.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { CertificateMaker } from '../../helpers/http/certificates.ts';
import { BLOCK_BYTES, openAzure } from './azure-driver.ts';
import { ACCOUNT, newContainer, startEmulator, testsWithEmulator } from './emulator.ts';

const test = testsWithEmulator('tokens', { openssl: 'openssl' });

/** A token as Microsoft Entra ID issues it, for the emulator, which does not check the signature. */
function token(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const tenant = 'ab1f708d-50f6-404c-a006-d71b2ac7a606';
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({
    aud: 'https://storage.azure.com',
    iss: `https://sts.windows.net/${tenant}/`,
    tid: tenant,
    oid: '23657296-5cd5-45b0-a809-d972a7f4dfe1',
    iat: now - 60,
    nbf: now - 60,
    exp: now + 3600,
  })}`;
  return `${text}.${createHmac('sha256', 'any').update(text).digest('base64url')}`;
}

/** Asks over TLS, whatever the certificate. */
function statusOf(url: URL, method: string, headers: Readonly<Record<string, string>> = {}): Promise<[number, Buffer]> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(url, { method, headers, rejectUnauthorized: false }, (response) => {
      response
        .toArray()
        .then((chunks) => resolve([response.statusCode ?? 0, Buffer.concat(chunks as Buffer[])]), reject);
    });
    call.on('error', reject).end();
  });
}

test('a driver with tokens pushes, lists, moves and deletes, and signs URLs with a key of its user', async (t) => {
  const { certFile, keyFile } = await new CertificateMaker(await tempRoot(t)).make('service', 'server');
  const emulator = await startEmulator(['--oauth', 'basic', '--cert', certFile, '--key', keyFile]);
  const account = `${emulator}/${ACCOUNT.accountname}`;
  const credentials: Credentials = {
    kind: 'token',
    token: async () => ({ token: token(), expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const options = { skipverify: true, credentials: { type: 'default_credentials' } } as const;
  const driver = await openAzure(await newContainer(account), account, options, { credentials });
  const bytes = content(BLOCK_BYTES + 10);
  const writer = await driver.openWriter(at('/up/data'), { append: false });
  await writer.append(bodyOf(bytes));
  await writer[Symbol.asyncDispose]();
  await (await driver.openWriter(at('/up/data'), { append: true })).commit(at('/blob/data'));
  await driver.move(at('/blob/data'), at('/moved/data'));
  assertBytes(await readAll(driver, '/moved/data'), bytes);

  const url = await driver.redirectUrl?.(at('/moved/data'), { method: 'GET', expiresInMs: 60_000 });
  const [status, body] = await statusOf(url ?? t.fail(), 'GET');
  t.is(status, 200);
  assertBytes(body, bytes);
  t.is((await statusOf(url ?? t.fail(), 'DELETE'))[0], 403);

  for (const file of ['a', 'b', 'c']) await driver.write(at(`/folder/${file}`), content(1));
  await driver.delete(at('/folder'));
  t.deepEqual(await names(driver, '/'), ['moved']);
});

test('a certificate that nobody vouches for stops the start without skipverify', async (t) => {
  const { certFile, keyFile } = await new CertificateMaker(await tempRoot(t)).make('service', 'server');
  const account = `${await startEmulator(['--cert', certFile, '--key', keyFile])}/${ACCOUNT.accountname}`;
  const opening = openAzure('any', account);
  t.regex((await t.throwsAsync(opening)).message, /^storage\.azure\.serviceurl: cannot list .*self.signed/);
});
