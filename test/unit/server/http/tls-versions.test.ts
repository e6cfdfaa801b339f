import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { shakeHands, startTlsRegistry } from './tls-registry.ts';

const SERVER = 'certificate: server.pem, key: server.key';
const TLS12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const TLS13 = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;
const REFUSED_VERSION = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
const NO_COMMON_SUITE = 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE';
const AES128 = 'ECDHE-ECDSA-AES128-GCM-SHA256';
const AES256 = 'ECDHE-ECDSA-AES256-GCM-SHA384';
const CBC = 'ECDHE-ECDSA-AES128-SHA';

testWithCertificates(
  'TLS 1.2 and 1.3 are spoken by default, with modern suites',
  async (t, { folder, certificates }) => {
    await certificates.make('server', 'server');
    const { port } = await startTlsRegistry(t, folder, `{${SERVER}}`);
    t.is(await shakeHands(port, {}), 'TLSv1.3 TLS_AES_128_GCM_SHA256');
    t.is(await shakeHands(port, TLS12), 'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
    t.is(await shakeHands(port, { ...TLS12, ciphers: AES256 }), 'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
    t.is(await shakeHands(port, { ...TLS12, ciphers: CBC }), NO_COMMON_SUITE);
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    t.is(await shakeHands(port, old), REFUSED_VERSION);
  },
);

testWithCertificates('minimumtls tls1.3 refuses TLS 1.2', async (t, { folder, certificates }) => {
  await certificates.make('server', 'server');
  const { port } = await startTlsRegistry(t, folder, `{${SERVER}, minimumtls: tls1.3}`);
  t.is(await shakeHands(port, TLS12), REFUSED_VERSION);
  t.is(await shakeHands(port, TLS13), 'TLSv1.3 TLS_AES_128_GCM_SHA256');
});

testWithCertificates(
  'of TLS 1.2 only the listed suites are offered, in their order',
  async (t, { folder, certificates }) => {
    await certificates.make('server', 'server');
    const suites = '[TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA]';
    const { port } = await startTlsRegistry(t, folder, `{${SERVER}, ciphersuites: ${suites}}`);
    const both = { ...TLS12, ciphers: `${CBC}:${AES256}` };
    t.is(await shakeHands(port, both), 'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
    t.is(await shakeHands(port, { ...TLS12, ciphers: CBC }), 'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA');
    t.is(await shakeHands(port, { ...TLS12, ciphers: AES128 }), NO_COMMON_SUITE);
    t.is(await shakeHands(port, TLS13), 'TLSv1.3 TLS_AES_128_GCM_SHA256');
  },
);

for (const [what, suite] of [
  ['of TLS 1.3', 'TLS_AES_256_GCM_SHA384'],
  ['that OpenSSL lacks', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'],
] as const) {
  testWithCertificates(
    `with nothing but suites ${what} listed, TLS 1.2 is not spoken`,
    async (t, { folder, certificates }) => {
      await certificates.make('server', 'server');
      const { port } = await startTlsRegistry(t, folder, `{${SERVER}, ciphersuites: [${suite}]}`);
      t.not((await shakeHands(port, TLS12)).slice(0, 3), 'TLS');
      t.is(await shakeHands(port, TLS13), 'TLSv1.3 TLS_AES_128_GCM_SHA256');
    },
  );
}
