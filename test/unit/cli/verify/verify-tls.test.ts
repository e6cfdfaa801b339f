import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { userOf } from '../../../helpers/running/client-commands.ts';

testWithCertificates(
  'a registry is verified over TLS with the authority and the certificate that the options name',
  async (t, { certificates }) => {
    const authority = await certificates.make('authority', 'authority');
    const server = await certificates.make('server', 'server', authority);
    const client = await certificates.make('client', 'client', authority);
    const tls = { certificate: server.certFile, key: server.keyFile, clientcas: [authority.certFile] };
    const { host, stowage } = await userOf(t, await withRegistry(t, { http: { tls } }));
    const only = ['--only', 'discovery/tags'];
    const trusted = ['--ca-file', authority.certFile];
    const shown = ['--cert-file', client.certFile, '--key-file', client.keyFile];
    const refused = await stowage('verify', `https://${host}`, ...only, ...trusted);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /a client certificate/);
    const { code, stdout } = await stowage('verify', `https://${host}`, ...only, ...trusted, ...shown);
    t.is(code, 0, stdout);
    t.regex(stdout, new RegExp(`^https://${host}, repositories stowage-verify/`));
    const plain = await stowage('verify', `http://${host}`, ...only);
    t.is(plain.code, 1);
    t.regex(plain.stderr, /TLS/);
  },
);
