import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { testWithCertificates } from '../../helpers/http/test-with-certificates.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { userOf } from '../../helpers/running/client-commands.ts';

testWithCertificates(
  'a registry that wants a certificate of the client gets that of the options, or that of the folder of docker',
  async (t, { certificates }) => {
    const authority = await certificates.make('authority', 'authority');
    const server = await certificates.make('server', 'server', authority);
    const client = await certificates.make('client', 'client', authority);
    const tls = { certificate: server.certFile, key: server.keyFile, clientcas: [authority.certFile] };
    const registry = await withRegistry(t, { http: { tls } });
    const { host, home, stowage } = await userOf(t, registry);
    const trusted = ['--ca-file', authority.certFile];
    t.is((await stowage('ls', host, ...trusted)).code, 1);

    const listed = { code: 0, stdout: '', stderr: '' };
    const shown = ['--cert-file', client.certFile, '--key-file', client.keyFile];
    t.deepEqual(await stowage('ls', host, ...trusted, ...shown), listed);

    const folder = join(home, '.config/docker/certs.d', host);
    await mkdir(folder, { recursive: true });
    await copyFile(authority.certFile, join(folder, 'ca.crt'));
    await copyFile(client.certFile, join(folder, 'client.cert'));
    await copyFile(client.keyFile, join(folder, 'client.key'));
    t.deepEqual(await stowage('ls', host), listed);
  },
);
