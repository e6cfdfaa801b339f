import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { ask } from '../helpers/http-request.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { tempRoot } from '../helpers/temp-root.ts';
import { type Registry, withRegistry } from '../helpers/with-registry.ts';

// It makes the certificates, and not every machine has it.
const tested = spawnSync('openssl', ['version']).status === 0 ? test : test.skip;

async function tlsRegistry(t: ExecutionContext, tls: Record<string, string> = {}): Promise<Registry> {
  const folder = await tempRoot(t);
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...files, ...subject], { stdio: 'ignore' });
  return withRegistry(t, {
    folder,
    ca: await readFile(join(folder, 'cert.pem'), 'utf8'),
    http: { tls: { certificate: 'cert.pem', key: 'key.pem', ...tls } },
  });
}

tested('with a certificate the registry speaks TLS, and its locations say so', async (t) => {
  const registry = await tlsRegistry(t);
  t.regex(registry.address, /^https:\/\/127\.0\.0\.1:/);
  const begun = await registry.ask('POST', '/v2/app/blobs/uploads/');
  t.true(begun.headers.location?.startsWith(`${registry.address}/v2/`));
  const digest = await registry.pushBlob('app', Buffer.alloc(1024 * 1024, 'x'));
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).body.byteLength, 1024 * 1024);
});

tested('a client that does not trust the certificate, or speaks no TLS, is not served', async (t) => {
  const registry = await tlsRegistry(t);
  await t.throwsAsync(ask({ address: registry.address }, 'GET', '/v2/'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const connection = await RawConnection.open(t, registry);
  connection.sendHead('GET /v2/ HTTP/1.1');
  t.notRegex(await connection.untilClosed(), /200/);
});

tested('a version of TLS below the configured one is refused', async (t) => {
  const registry = await tlsRegistry(t, { minimumtls: 'tls1.3' });
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
