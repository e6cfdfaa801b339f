import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { ask } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { type CertificateFolder, testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';

async function tlsRegistry(
  t: ExecutionContext,
  { folder, certificates }: CertificateFolder,
  tls: Record<string, string> = {},
): Promise<Registry> {
  const { certFile, keyFile } = await certificates.make('registry', 'server');
  const ca = await readFile(certFile, 'utf8');
  return withRegistry(t, { folder, ca, http: { tls: { certificate: certFile, key: keyFile, ...tls } } });
}

testWithCertificates('with a certificate the registry speaks TLS, and its locations say so', async (t, made) => {
  const registry = await tlsRegistry(t, made);
  t.regex(registry.address, /^https:\/\/127\.0\.0\.1:/);
  const begun = await registry.ask('POST', '/v2/app/blobs/uploads/');
  t.true(begun.headers.location?.startsWith(`${registry.address}/v2/`));
  const digest = await registry.pushBlob('app', Buffer.alloc(1024 * 1024, 'x'));
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).body.byteLength, 1024 * 1024);
});

testWithCertificates(
  'a client that does not trust the certificate, or speaks no TLS, is not served',
  async (t, made) => {
    const registry = await tlsRegistry(t, made);
    await t.throwsAsync(ask({ address: registry.address }, 'GET', '/v2/'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const connection = await RawConnection.open(t, registry);
    connection.sendHead('GET /v2/ HTTP/1.1');
    const text = await connection.untilClosed();
    t.regex(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    t.regex(text, /"message":"client sent an HTTP request to an HTTPS server; use https:\/\/"/);
  },
);

testWithCertificates('a version of TLS below the configured one is refused', async (t, made) => {
  const registry = await tlsRegistry(t, made, { minimumtls: 'tls1.3' });
  const { hostname, port } = new URL(registry.address);
  const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), ca: registry.ca, maxVersion });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
    });
  await t.throwsAsync(handshake('TLSv1.2'), { message: /protocol version/ });
  t.is(await handshake('TLSv1.3'), 'TLSv1.3');
});

test('a certificate that cannot be read prevents the start and is named', async (t) => {
  const tls = { certificate: 'missing.pem', key: 'key.pem' };
  await t.throwsAsync(withRegistry(t, { http: { tls } }), { message: /http\.tls\.certificate.*missing\.pem/ });
});
