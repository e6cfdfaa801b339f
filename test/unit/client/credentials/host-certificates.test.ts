import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { certificateFolders, hostCertificates } from '../../../../client/credentials/host-certificates.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';

test('without a folder for the host nothing is said of TLS', async (t) => {
  const folder = await tempRoot(t);
  await mkdir(join(folder, 'other:5000'));
  t.deepEqual(await hostCertificates('registry:5000', [folder, join(folder, 'missing')]), {});
});

testWithCertificates(
  'each crt is an authority, and a cert with its key is that of the client',
  async (t, { folder, certificates }) => {
    const place = join(folder, 'registry:5000');
    await mkdir(place);
    const client = await certificates.make('client', 'client');
    const authorities = [await certificates.make('a', 'authority'), await certificates.make('b', 'authority')];
    for (const { certFile } of authorities) await copyFile(certFile, join(place, basename(certFile, '.pem') + '.crt'));
    await copyFile(client.certFile, join(place, 'client.cert'));
    await copyFile(client.keyFile, join(place, 'client.key'));
    await writeFile(join(place, 'notes.txt'), 'notes');
    const [cert, key] = [await readFile(client.certFile, 'utf8'), await readFile(client.keyFile, 'utf8')];
    const ca = await Promise.all(authorities.map(({ certFile }) => readFile(certFile, 'utf8')));
    t.deepEqual(await hostCertificates('registry:5000', [folder]), { ca, cert, key });
  },
);

testWithCertificates(
  'the first folder that knows the host counts, by its name with the default port or without, in any case',
  async (t, { folder, certificates }) => {
    const authorities = [await certificates.make('one', 'authority'), await certificates.make('other', 'authority')];
    for (const [index, { certFile }] of authorities.entries()) {
      const place = join(folder, String(index), ['quay.io:443', 'quay.io'][index] ?? '');
      await mkdir(place, { recursive: true });
      await copyFile(certFile, join(place, 'ca.crt'));
    }
    const folders = [join(folder, '0'), join(folder, '1')];
    const [first, second] = await Promise.all(authorities.map(({ certFile }) => readFile(certFile, 'utf8')));
    t.deepEqual(await hostCertificates('Quay.io', folders), { ca: [first] });
    t.deepEqual(await hostCertificates('quay.io:443', folders.toReversed()), { ca: [second] });
    t.deepEqual(await hostCertificates('quay.io:5000', folders), {});
  },
);

testWithCertificates(
  'a file that holds something else is an error that names it',
  async (t, { folder, certificates }) => {
    const [one, other] = [await certificates.make('one', 'client'), await certificates.make('other', 'client')];
    const locked = await certificates.encryptKey(one);
    const damaged = join(folder, 'damaged');
    await writeFile(damaged, (await readFile(one.certFile, 'utf8')).replace(/\n.{20}/, '\nAAAA'));
    const { certFile, keyFile } = one;
    const mistakes: ReadonlyArray<readonly [files: Readonly<Record<string, string>>, message: RegExp]> = [
      [{ 'ca.crt': keyFile }, /ca\.crt: contains a key and no certificate/],
      [{ 'ca.crt': damaged }, /ca\.crt: contains a damaged certificate/],
      [{ 'a.cert': certFile, 'a.key': certFile }, /a\.key: contains a certificate and no key/],
      [{ 'a.cert': certFile, 'a.key': join(folder, 'openssl.cnf') }, /a\.key: contains no key in PEM form/],
      [{ 'a.cert': certFile, 'a.key': locked }, /a\.key: contains an encrypted key; decrypt it/],
      [
        { 'a.cert': certFile, 'a.key': other.keyFile },
        /a\.key: does not contain the key of the certificate in .*a\.cert$/,
      ],
    ];
    for (const [index, [files, message]] of mistakes.entries()) {
      const place = join(folder, String(index), 'registry');
      await mkdir(place, { recursive: true });
      for (const [name, file] of Object.entries(files)) await copyFile(file, join(place, name));
      await t.throwsAsync(hostCertificates('registry', [join(folder, String(index))]), {
        name: 'CredentialsError',
        message,
      });
    }
  },
);

test('a certificate without its key is an error that names it', async (t) => {
  const folder = await tempRoot(t);
  await mkdir(join(folder, 'registry'));
  await writeFile(join(folder, 'registry/client.cert'), '');
  await t.throwsAsync(hostCertificates('registry', [folder]), {
    name: 'CredentialsError',
    message: /registry\/client\.cert: its key client\.key is missing/,
  });
});

test('the folders of the user come before those of the machine', (t) => {
  t.deepEqual(certificateFolders({ HOME: '/home/ann' }), [
    '/home/ann/.config/containers/certs.d',
    '/home/ann/.config/docker/certs.d',
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
  ]);
});
