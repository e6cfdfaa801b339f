import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigurationError } from '../../../../server/config/index.ts';
import { readTls } from '../../../../server/http/tls.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import type { CertificateMaker } from '../../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { identity, loadTls, startTlsRegistry } from './tls-registry.ts';

/** The problems of this `http.tls`, without the name of the file. */
async function problemsOf(t: ExecutionContext, folder: string, tls: string): Promise<string[]> {
  const loaded = await loadTls(folder, tls);
  const error = await t.throwsAsync(readTls(loaded), { instanceOf: ConfigurationError });
  return error.message.split('\n').map((line) => line.replace(`${folder}/`, ''));
}

test('all missing files are named, with key and line', async (t) => {
  const folder = await tempRoot(t);
  const found = await problemsOf(t, folder, '{certificate: a.pem, key: b.key, clientcas: [c.pem, d.pem]}');
  t.deepEqual(
    found.map((line) => line.replace(/: ENOENT.*/, '')),
    [
      'config.yml:4: http.tls.certificate: a.pem cannot be read',
      'config.yml:4: http.tls.key: b.key cannot be read',
      'config.yml:4: http.tls.clientcas[0]: c.pem cannot be read',
      'config.yml:4: http.tls.clientcas[1]: d.pem cannot be read',
    ],
  );
});

test('without a certificate nothing is read', async (t) => {
  t.is(await readTls(await loadTls(await tempRoot(t), '{minimumtls: tls1.3}')), undefined);
});

testWithCertificates('files with other content are named', async (t, { folder, certificates }) => {
  await certificates.make('server', 'server');
  await writeFile(join(folder, 'broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const swapped = await problemsOf(t, folder, '{certificate: server.key, key: server.pem, clientcas: [server.key]}');
  t.is(swapped[0], 'config.yml:4: http.tls.certificate: server.key contains no certificate (PEM)');
  t.regex(swapped[1] ?? '', /^config\.yml:4: http\.tls\.key: server\.pem contains no private key \(PEM\): /);
  t.is(swapped[2], 'config.yml:4: http.tls.clientcas[0]: server.key contains no certificate (PEM)');
  const broken = await problemsOf(t, folder, '{certificate: server.pem, key: server.key, clientcas: [broken.pem]}');
  t.regex(broken[0] ?? '', /http\.tls\.clientcas\[0\]: broken\.pem contains a certificate that cannot be read: /);
});

testWithCertificates('a key of another certificate is refused', async (t, { folder, certificates }) => {
  await certificates.make('server', 'server');
  await certificates.make('other', 'server');
  t.deepEqual(await problemsOf(t, folder, '{certificate: server.pem, key: other.key}'), [
    'config.yml:4: http.tls.key: other.key is not the key of the first certificate in server.pem',
  ]);
});

testWithCertificates('a key with a passphrase is refused', async (t, { folder, certificates }) => {
  const encrypted = basename(await certificates.encryptKey(await certificates.make('server', 'server')));
  t.deepEqual(await problemsOf(t, folder, `{certificate: server.pem, key: ${encrypted}}`), [
    `config.yml:4: http.tls.key: ${encrypted} is encrypted and needs a passphrase; decrypt it, as with openssl pkey`,
  ]);
});

testWithCertificates('a key that is too weak is refused', async (t, { folder, certificates }) => {
  await certificates.make('server', 'server', undefined, 'rsa:1024');
  const [found] = await problemsOf(t, folder, '{certificate: server.pem, key: server.key}');
  t.regex(found ?? '', /^config\.yml:4: http\.tls\.certificate: server\.pem cannot be used: .*key too small/);
});

testWithCertificates('every authority of a file counts', async (t, { folder, certificates }) => {
  await certificates.make('server', 'server');
  const clients = await twoClients(certificates, folder);
  const registry = await startTlsRegistry(
    t,
    folder,
    '{certificate: server.pem, key: server.key, clientcas: [both.pem]}',
  );
  for (const client of clients) t.is(await registry.ask(client), 200);
});

/** Clients of two authorities that are in one file, `both.pem`, with words between them. */
async function twoClients(certificates: CertificateMaker, folder: string): Promise<{ cert: string; key: string }[]> {
  const [one, two] = [await certificates.make('one', 'authority'), await certificates.make('two', 'authority')];
  const [first, second] = [await identity(one), await identity(two)];
  await writeFile(join(folder, 'both.pem'), `The first\n${first.cert}The second\n${second.cert}`);
  const clients = [await certificates.make('a', 'client', one), await certificates.make('b', 'client', two)];
  return Promise.all(clients.map(identity));
}
