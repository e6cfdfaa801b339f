import { X509Certificate } from 'node:crypto';
import { get } from 'node:https';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import test from 'ava';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { startRegistry } from '../../../../server/main.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';
import { identity } from '../http/tls-registry.ts';

const TELLING = pluginSource(
  'access-controller',
  `() => bindPort(ACCESS_CONTROLLER, {
    authorize: async ({ method, address, certificate }) => {
      const told = { method, address, serial: certificate?.x509.serialNumber, isTrusted: certificate?.isTrusted };
      throw new RegistryError('DENIED', told);
    },
  })`,
).replace('contract: 1', 'contract: 2');

function toldBy(text: string): unknown {
  return (JSON.parse(text) as { errors: { detail: unknown }[] }).errors[0]?.detail;
}

test('an access controller sees the method and the address of the connection, whatever the client claims', async (t) => {
  const folder = await folderWith(t, { 'telling.mjs': TELLING });
  const registry = await withRegistry(t, { folder, others: { plugins: ['./telling.mjs'] } });
  const { text } = await registry.ask('PUT', '/v2/a/manifests/b', { headers: { 'X-Forwarded-For': '192.0.2.7' } });
  t.deepEqual(toldBy(text), { method: 'PUT', address: '127.0.0.1' });
});

test('behind trusted proxies an access controller sees the address that they name', async (t) => {
  const folder = await folderWith(t, { 'telling.mjs': TELLING });
  const http = { trustedproxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'] };
  const registry = await withRegistry(t, { folder, http, others: { plugins: ['./telling.mjs'] } });
  const cases: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['198.51.100.1, 192.0.2.7, 10.1.2.3', '192.0.2.7'],
    ['192.0.2.7:5000, [fd00::1]:80', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, unknown, 10.1.2.3', '10.1.2.3'],
    ['', '127.0.0.1'],
  ];
  for (const [forwarded, address] of cases) {
    const { text } = await registry.ask('GET', '/v2/', { headers: { 'X-Forwarded-For': forwarded } });
    t.deepEqual(toldBy(text), { method: 'GET', address }, forwarded);
  }
});

test('a malformed network is refused with its key', async (t) => {
  for (const network of ['10.0.0.0/33', 'proxy.example.com', 'fe80::1%eth0', '10.0.0.0/']) {
    const error = await t.throwsAsync(withRegistry(t, { http: { trustedproxies: [network] } }));
    t.regex(String(error.message), /http\.trustedproxies.*an address or a network such as 10\.0\.0\.0\/8/s, network);
  }
});

/** The answer of `/v2/` at this port to a client with these credentials. */
function askOverTls(port: number, client: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/v2/', rejectUnauthorized: false, agent: false, ...client }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('end', () => resolve(text));
    }).once('error', reject);
  });
}

testWithCertificates('an access controller sees the client’s certificate and whether to trust it', async (t, given) => {
  const { folder, certificates } = given;
  const authority = await certificates.make('authority', 'authority');
  await certificates.make('server', 'server', authority);
  const plugins = await folderWith(t, { 'telling.mjs': TELLING });
  const tls = '{certificate: server.pem, key: server.key, clientcas: [authority.pem], clientauth: request-client-cert}';
  const text = `version: 0.1
log: {level: error}
storage: inmemory
http: {addr: "127.0.0.1:0", tls: ${tls}}
plugins: [${plugins}/telling.mjs]
`;
  const registry = await startRegistry(await loadConfiguration({ path: join(folder, 'config.yml'), text, env: {} }));
  t.teardown(() => registry.stop());
  const port = Number(new URL(registry.address).port);
  const clients = {
    trusted: await identity(await certificates.make('trusted', 'client', authority)),
    stranger: await identity(await certificates.make('stranger', 'client')),
  };
  for (const [name, client] of Object.entries(clients)) {
    const serial = new X509Certificate(client.cert).serialNumber;
    const expected = { method: 'GET', address: '127.0.0.1', serial, isTrusted: name === 'trusted' };
    t.deepEqual(toldBy(await askOverTls(port, client)), expected);
  }
  t.deepEqual(toldBy(await askOverTls(port, {})), { method: 'GET', address: '127.0.0.1' });
});

const PICKY = pluginSource(
  'access-controller',
  `() => bindPort(ACCESS_CONTROLLER, {
    authorize: async () => ({
      actor: { name: 'ada' },
      allows: ({ type, name, action }) => type === 'repository' && action === 'pull' && name.startsWith('mine'),
    }),
  })`,
).replace('contract: 1', 'contract: 2');

test('the catalog lists only repositories that the grant allows to pull, in full pages that name no other', async (t) => {
  const folder = await folderWith(t, { 'picky.mjs': PICKY });
  const registry = await withRegistry(t, { folder, others: { plugins: ['./picky.mjs'] } });
  for (const name of ['a', 'b', 'mine/1', 'mine/2', 'n', 'mine3', 'z']) await registry.pushImage(name, 'latest');
  const pages: string[][] = [];
  let path: string | undefined = '/v2/_catalog?n=2';
  while (path !== undefined) {
    const answer = await registry.ask('GET', path);
    pages.push((JSON.parse(answer.text) as { repositories: string[] }).repositories);
    path = /<([^>]+)>/.exec(String(answer.headers['link'] ?? ''))?.[1]?.replace(registry.address, '');
  }
  t.deepEqual(pages.flat(), ['mine/1', 'mine/2', 'mine3']);
  t.is(pages[0]?.length, 2);
});
