import { copyFile, mkdir, writeFile } from 'node:fs/promises';
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
    const refused = await stowage('ls', host, ...trusted);
    t.is(refused.code, 5);
    t.regex(refused.stderr, /it may require a client certificate; give one with --cert-file and --key-file/);

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

testWithCertificates(
  'an error of TLS says which file is wrong, or which option helps',
  async (t, { folder, certificates }) => {
    const authority = await certificates.make('authority', 'authority');
    const stranger = await certificates.make('stranger', 'authority');
    const server = await certificates.make('server', 'server', authority);
    const registry = await withRegistry(t, { http: { tls: { certificate: server.certFile, key: server.keyFile } } });
    const plain = await withRegistry(t);
    const { host, stowage } = await userOf(t, registry);
    const broken = join(folder, 'broken.key');
    await writeFile(broken, 'no key');
    const trusted = ['--ca-file', authority.certFile];
    const mistakes: ReadonlyArray<readonly [args: readonly string[], code: number, stderr: RegExp]> = [
      [[host, '--ca-file', stranger.certFile], 1, /its authority is unknown; trust its authority with --ca-file/],
      [[host, '--ca-file', broken], 2, /broken\.key: contains no certificate in PEM form/],
      [
        [host, ...trusted, '--cert-file', server.certFile, '--key-file', broken],
        2,
        /broken\.key: contains no key in PEM form/,
      ],
      [
        [host, ...trusted, '--cert-file', server.certFile, '--key-file', stranger.keyFile],
        2,
        /does not contain the key of the certificate/,
      ],
      [[host, '--key-file', broken, '--cert-file', join(folder, 'none')], 2, /none: does not exist/],
      [[host, '--plain-http'], 1, /the host requires TLS on this port/],
    ];
    for (const [args, code, stderr] of mistakes) {
      const result = await stowage('ls', ...args);
      t.is(result.code, code, args.join(' '));
      t.regex(result.stderr, stderr);
      t.notRegex(result.stderr, /openssl|SSL routines|PEM routines|node/i);
    }
    t.is((await stowage('ls', new URL(plain.address).host)).code, 0);
  },
);
