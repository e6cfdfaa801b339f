import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { TransferError } from '../../../../client/index.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';

const ONCE = { retries: { attempts: 1 } };

testWithCertificates(
  'a certificate of an own authority is trusted when the authority is given',
  async (t, { certificates }) => {
    const authority = await certificates.make('authority', 'authority');
    const stranger = await certificates.make('stranger', 'authority');
    const own = await certificates.make('server', 'server', authority);
    const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), await keyPair(own));
    const ca = await readFile(authority.certFile, 'utf8');
    await openRemote(t, server.address, { tls: { ca } }).ping();
    const wrong = { ca: await readFile(stranger.certFile, 'utf8') };
    const error = await t.throwsAsync(openRemote(t, server.address, { tls: wrong }).ping(), {
      instanceOf: TransferError,
    });
    t.like(error, { reason: 'untrusted', isTransient: false });
  },
);

testWithCertificates(
  'a host is reached through a proxy by TLS, verified unless it is named as insecure',
  async (t, { certificates }) => {
    const own = await keyPair(await certificates.make('server', 'server'));
    const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), own);
    const environment = { https_proxy: await startTunnel(t, server.address) };
    const address = 'https://registry.test:5000';
    const error = await t.throwsAsync(openRemote(t, address, { ...ONCE, environment }).ping(), {
      instanceOf: TransferError,
    });
    t.is(error.reason, 'untrusted');
    await openRemote(t, address, { environment, insecureRegistries: ['registry.test'] }).ping();
    t.is(server.seen[0]?.headers.host, 'registry.test:5000');
  },
);

testWithCertificates(
  'a client certificate is shown to the registry, and to no host that it redirects to',
  async (t, { certificates }) => {
    const authority = await certificates.make('authority', 'authority');
    const own = await keyPair(await certificates.make('server', 'server', authority));
    const client = await keyPair(await certificates.make('ann', 'client', authority));
    const ca = await readFile(authority.certFile, 'utf8');
    const mutual = { ...own, ca, requestCert: true, rejectUnauthorized: false };
    const seen: string[] = [];
    const whoIs = (socket: unknown): string => {
      const { subject } = (socket as { getPeerCertificate(): { subject?: { CN?: string } } }).getPeerCertificate();
      return subject?.CN ?? 'nobody';
    };
    const other = await ScriptedServer.start(
      t,
      ({ socket }, response) => {
        seen.push(whoIs(socket));
        answer(response, 200);
      },
      mutual,
    );
    const server = await ScriptedServer.start(
      t,
      ({ socket }, response) => {
        seen.push(whoIs(socket));
        answer(response, 307, '', { Location: `${other.address}/v2/` });
      },
      mutual,
    );
    await openRemote(t, server.address, { tls: { ca, cert: client.cert, key: client.key } }).ping();
    t.deepEqual(seen, ['ann', 'nobody']);
    const tls = { ca, cert: client.cert, key: client.key };
    await openRemote(t, server.address, { tls, host: `LOCALHOST:${new URL(server.address).port}` }).ping();
    t.deepEqual(seen.slice(2), ['ann', 'nobody']);
  },
);

test('a host without TLS is an error, except on this machine', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 200));
  const { host } = new URL(server.address);
  const strict = openRemote(t, server.address, { ...ONCE, scheme: 'https' });
  const error = await t.throwsAsync(strict.ping(), { instanceOf: TransferError });
  t.is(error.reason, 'no-tls');
  t.regex(error.message, /: the host does not speak TLS on this port$/);
  await openRemote(t, server.address, { host, scheme: undefined }).ping();
});

testWithCertificates('a registry on this machine that speaks TLS is asked by TLS', async (t, { certificates }) => {
  const own = await keyPair(await certificates.make('server', 'server'));
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), own);
  await openRemote(t, server.address, { scheme: undefined }).ping();
  t.true(server.seen.length >= 1);
});

test('a proxy gets plain requests whole, with its credentials and none of the registry', async (t) => {
  const proxy = await ScriptedServer.start(t, (_, response) => answer(response, 200));
  const { host } = new URL(proxy.address);
  const environment = { http_proxy: `http://user:pass@${host}` };
  await openRemote(t, 'http://registry.test:5000', { environment }).ping();
  t.deepEqual(proxy.asked, ['GET http://registry.test:5000/v2/']);
  t.is(proxy.seen[0]?.headers['proxy-authorization'], `Basic ${Buffer.from('user:pass').toString('base64')}`);
});

test('a proxy that refuses, or only closes, is an error that names it', async (t) => {
  const texts = new Map([
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'refused to connect (403)'],
    ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'requires credentials (407)'],
    ['', 'closed the connection'],
  ]);
  for (const [said, text] of texts) {
    const proxy = createServer().on('connect', (_, client: Socket) => client.on('error', () => undefined).end(said));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    t.teardown(() => proxy.close());
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const remote = openRemote(t, 'https://registry.test', { ...ONCE, environment: { https_proxy: address } });
    const error = await t.throwsAsync(remote.ping(), { instanceOf: TransferError });
    t.is(error.reason, 'proxy');
    t.is(error.message, `GET https://registry.test/v2/: the proxy ${address} ${text}`);
  }
});

test('a proxy that is not there is an error that names it, without its password', async (t) => {
  const environment = { http_proxy: 'http://ann:secret@127.0.0.1:1' };
  const remote = openRemote(t, 'http://registry.test', { ...ONCE, environment });
  const error = await t.throwsAsync(remote.ping(), { instanceOf: TransferError });
  t.is(error.message, 'GET http://registry.test/v2/: the proxy http://127.0.0.1:1 cannot be reached (ECONNREFUSED)');
  t.regex(error.advice, /HTTP_PROXY, ALL_PROXY and NO_PROXY/);
});

test('a proxy that is not a URL is an error, and so is a request after the end', async (t) => {
  const remote = openRemote(t, 'https://registry.test', { environment: { HTTPS_PROXY: 'http://[' } });
  const error = await t.throwsAsync(remote.ping(), { instanceOf: TransferError, message: /HTTPS_PROXY is not a URL/ });
  t.is(error.reason, 'proxy');
  await remote[Symbol.asyncDispose]();
  const late = await t.throwsAsync(remote.ping(), { instanceOf: TransferError });
  t.like(late, { reason: 'closed', isTransient: false });
});

test('closing a registry ends what runs, with an error', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = await ScriptedServer.start(t, () => resolve());
  const remote = openRemote(t, server.address);
  const running = t.throwsAsync(remote.ping(), { instanceOf: TransferError });
  await promise;
  await remote[Symbol.asyncDispose]();
  t.is((await running).reason, 'closed');
});

async function keyPair({ certFile, keyFile }: { certFile: string; keyFile: string }) {
  return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}

/** A proxy that connects every host to the server at `address`. */
async function startTunnel(t: ExecutionContext, address: string): Promise<string> {
  const { port } = new URL(address);
  const sockets = new Set<Socket>();
  const proxy = createServer().on('connect', (_, client: Socket) => {
    const target = connectTo(Number(port), '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(target).pipe(client);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}
