import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { certificateFolders, hostCertificates } from '../../../../client/credentials/host-certificates.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('without a folder for the host nothing is said of TLS', async (t) => {
  const folder = await tempRoot(t);
  await mkdir(join(folder, 'other:5000'));
  t.deepEqual(await hostCertificates('registry:5000', [folder, join(folder, 'missing')]), {});
});

test('each crt is an authority, and a cert with its key is that of the client', async (t) => {
  const folder = await tempRoot(t);
  const place = join(folder, 'registry:5000');
  await mkdir(place);
  for (const name of ['a.crt', 'b.crt', 'client.cert', 'client.key', 'notes.txt'])
    await writeFile(join(place, name), name);
  t.deepEqual(await hostCertificates('registry:5000', [folder]), {
    ca: ['a.crt', 'b.crt'],
    cert: 'client.cert',
    key: 'client.key',
  });
});

test('the first folder that knows the host counts', async (t) => {
  const [one, two] = [await tempRoot(t), await tempRoot(t)];
  for (const folder of [one, two]) {
    await mkdir(join(folder, 'registry'));
    await writeFile(join(folder, 'registry/ca.crt'), folder);
  }
  t.deepEqual(await hostCertificates('registry', [one, two]), { ca: [one] });
});

test('the folder of a host may be called with its default port, and the host be written with capitals', async (t) => {
  const folder = await tempRoot(t);
  for (const name of ['quay.io:443', 'ghcr.io']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'ca.crt'), name);
  }
  t.deepEqual(await hostCertificates('Quay.io', [folder]), { ca: ['quay.io:443'] });
  t.deepEqual(await hostCertificates('ghcr.io:443', [folder]), { ca: ['ghcr.io'] });
  t.deepEqual(await hostCertificates('ghcr.io:5000', [folder]), {});
});

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
