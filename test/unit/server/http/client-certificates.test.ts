import type { SecureVersion } from 'node:tls';
import type { CertificateMaker, TestCertificate } from '../../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { ask, identity, startRecordingServer, startTlsRegistry } from './tls-registry.ts';

type Answer = 200 | 'refused';
type Client = 'none' | 'stranger' | 'trusted' | 'wrongPurpose';

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const SERVER = 'certificate: server.pem, key: server.key';

async function makeClients(certificates: CertificateMaker): Promise<Record<Exclude<Client, 'none'>, TestCertificate>> {
  const authority = await certificates.make('authority', 'authority');
  await certificates.make('server', 'server', authority);
  return {
    stranger: await certificates.make('stranger', 'client'),
    trusted: await certificates.make('trusted', 'client', authority),
    wrongPurpose: await certificates.make('wrong-purpose', 'server', authority),
  };
}

function expectAnswers(mode: string, tls: string, expected: Readonly<Record<Client, Answer>>): void {
  testWithCertificates(`${mode} admits exactly the right clients`, async (t, { folder, certificates }) => {
    const clients = await makeClients(certificates);
    const registry = await startTlsRegistry(t, folder, `{${SERVER}, ${tls}}`);
    for (const version of VERSIONS) {
      const only = { minVersion: version, maxVersion: version };
      t.is(await registry.ask(only), expected.none, `${version}, no certificate`);
      for (const name of ['stranger', 'wrongPurpose', 'trusted'] as const) {
        const answer = await registry.ask({ ...only, ...(await identity(clients[name])) });
        t.is(answer, expected[name], `${version}, ${name}`);
      }
    }
  });
}

const AUTHORITY = 'clientcas: [authority.pem]';
const NOBODY_BUT_TRUSTED = { none: 'refused', stranger: 'refused', wrongPurpose: 'refused', trusted: 200 } as const;
const ANY_CERTIFICATE = { none: 'refused', stranger: 200, wrongPurpose: 200, trusted: 200 } as const;
const EVERYBODY = { none: 200, stranger: 200, wrongPurpose: 200, trusted: 200 } as const;

expectAnswers('clientcas alone', AUTHORITY, NOBODY_BUT_TRUSTED);
expectAnswers(
  'require-and-verify-client-cert',
  `${AUTHORITY}, clientauth: require-and-verify-client-cert`,
  NOBODY_BUT_TRUSTED,
);
expectAnswers('require-any-client-cert', `${AUTHORITY}, clientauth: require-any-client-cert`, ANY_CERTIFICATE);
expectAnswers('require-any-client-cert without clientcas', 'clientauth: require-any-client-cert', ANY_CERTIFICATE);
expectAnswers('verify-client-cert-if-given', `${AUTHORITY}, clientauth: verify-client-cert-if-given`, {
  ...NOBODY_BUT_TRUSTED,
  none: 200,
});
expectAnswers('request-client-cert', `${AUTHORITY}, clientauth: request-client-cert`, EVERYBODY);
expectAnswers('TLS without client certificates', 'minimumtls: tls1.2', EVERYBODY);

testWithCertificates('an authority that is not a root is trusted, as in Go', async (t, { folder, certificates }) => {
  const root = await certificates.make('root', 'authority');
  const authority = await certificates.make('authority', 'authority', root);
  await certificates.make('server', 'server');
  const registry = await startTlsRegistry(t, folder, `{${SERVER}, ${AUTHORITY}}`);
  t.is(await registry.ask(await identity(await certificates.make('below', 'client', authority))), 200);
  t.is(await registry.ask(await identity(await certificates.make('beside', 'client', root))), 'refused');
});

const REFUSED = [
  ['require-and-verify-client-cert', 'none', /^peer did not return a certificate$/],
  ['require-and-verify-client-cert', 'stranger', /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
  ['require-any-client-cert', 'none', /^the client gave no certificate$/],
  ['verify-client-cert-if-given', 'stranger', /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
] as const;

for (const [mode, client, reason] of REFUSED) {
  const title = `${mode} logs why it refuses a client (${client}), and hands on no request`;
  testWithCertificates(title, async (t, { folder, certificates }) => {
    const clients = await makeClients(certificates);
    const server = await startRecordingServer(t, folder, `{${SERVER}, ${AUTHORITY}, clientauth: ${mode}}`);
    const certificate = client === 'none' ? {} : await identity(clients[client]);
    t.is(await ask(server.port, certificate), 'refused');
    t.regex(await server.logged, reason);
    t.is(server.requests(), 0);
  });
}
