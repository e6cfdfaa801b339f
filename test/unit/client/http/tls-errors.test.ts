import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { translateError } from '../../../../client/http/translate-error.ts';
import { RemoteRegistry, TransferError } from '../../../../client/index.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import type { TestCertificate } from '../../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';

const ONCE = { retries: { attempts: 1 } };

testWithCertificates('a certificate that is not trusted is told in words', async (t, { certificates }) => {
  const own = await pairOf(await certificates.make('server', 'server'));
  const authority = await certificates.make('authority', 'authority');
  const signed = await pairOf(await certificates.make('signed', 'server', authority));
  const texts: string[] = [];
  for (const pair of [own, signed]) {
    const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), pair);
    const tls = { ca: (await pairOf(await certificates.make('stranger', 'authority'))).cert };
    texts.push(await textOf(t, server.address, { tls }));
  }
  const ofClient = await pairOf(await certificates.make('client', 'client'));
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), ofClient);
  texts.push(await textOf(t, server.address, { tls: { ca: ofClient.cert } }));
  t.deepEqual(texts, [
    'the certificate is not trusted: it is self-signed',
    'the certificate is not trusted: its authority is unknown',
    'the certificate is not trusted (INVALID_PURPOSE)',
  ]);
});

test('a certificate for another host is told with its names', (t) => {
  const textFor = (host: string, names: string): unknown => {
    const subject = { CN: 'old' } as PeerCertificate['subject'];
    const error = checkServerIdentity(host, { subject, subjectaltname: names } as PeerCertificate);
    return (translateError(error, { method: 'GET', url: 'https://x' }, undefined) as Error).message;
  };
  t.is(
    textFor('a.test', 'DNS:b.test, DNS:c.test'),
    'GET https://x: the certificate is not trusted: it is for DNS:b.test, DNS:c.test, not for a.test',
  );
  t.regex(String(textFor('10.0.0.1', 'IP Address:10.0.0.2')), /it is for 10\.0\.0\.2, not for 10\.0\.0\.1$/);
  t.regex(String(textFor('a.test', '')), /it is for old, not for a\.test$/);
});

testWithCertificates('a host that wants a certificate of the client says so', async (t, { certificates }) => {
  const own = await pairOf(await certificates.make('server', 'server'));
  const mutual = { ...own, ca: own.cert, requestCert: true, rejectUnauthorized: true };
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), mutual);
  t.is(
    await textOf(t, server.address),
    'the connection broke before any answer arrived; the host may require a client certificate',
  );
  const old = await ScriptedServer.start(t, (_, response) => answer(response, 200), {
    ...mutual,
    maxVersion: 'TLSv1.2',
  });
  t.regex(await textOf(t, old.address), /^the host aborted the TLS handshake; it may require a client certificate$/);
});

testWithCertificates('plain HTTP at a port with TLS is told as a guess', async (t, { certificates }) => {
  const own = await pairOf(await certificates.make('server', 'server'));
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 200), own);
  const address = server.address.replace('https:', 'http:');
  t.is(await textOf(t, address), 'the connection broke before any answer arrived; the host may require TLS');
});

test('an alert of TLS instead of HTTP is told as TLS', async (t) => {
  const alert = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]);
  const server = createServer((socket: Socket) => socket.on('error', () => undefined).end(alert));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.is(await textOf(t, address), 'the host requires TLS on this port');
});

test('a host of this machine that breaks TLS off and refuses plain HTTP is asked for a certificate of the client', async (t) => {
  const said = 'Client sent an HTTP request to an HTTPS server.\n';
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    // A handshake begins with 0x16 (RFC 8446 section 5.1).
    socket.once('data', (bytes) => {
      if (bytes[0] === 0x16) socket.destroy();
      else socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${said.length}\r\n\r\n${said}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = RemoteRegistry.open({ host, ...ONCE });
  t.teardown(() => registry[Symbol.asyncDispose]());
  const error = await t.throwsAsync(registry.ping(), { instanceOf: TransferError });
  t.is(error.reason, 'client-certificate');
  t.regex(
    error.message,
    /^GET https:.*: the host speaks TLS but broke the connection; it may require a client certificate/,
  );
});

async function textOf(t: ExecutionContext, address: string, options: object = {}): Promise<string> {
  // Loopback addresses are trusted unless an authority is given.
  const remote = openRemote(t, address, { ...ONCE, ...options });
  const error = await t.throwsAsync(remote.ping(), { instanceOf: TransferError });
  return error.message.slice(error.message.indexOf(': ', 'GET https://'.length) + 2);
}

async function pairOf({ certFile, keyFile }: TestCertificate) {
  return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}
