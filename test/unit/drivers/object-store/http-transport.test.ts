import { readFile } from 'node:fs/promises';
import test from 'ava';
import { HttpTransport, type TransportOptions } from '../../../../drivers/object-store/http-transport.ts';
import { ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';

const DEFAULTS: TransportOptions = {
  service: 'the service',
  maxCalls: 2,
  userAgent: 'stowage-test',
  authorize: async () => ({}),
};

test('a request is authorized by its method, headers and body, so that it can be signed', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => response.end());
  using transport = new HttpTransport({
    ...DEFAULTS,
    authorize: async (url, { method, headers, body }) => ({
      authorization: `${method} ${url.pathname} ${headers?.['x-kind']} ${Buffer.concat(body ?? []).toString()}`,
    }),
  });
  const url = new URL('/object', server.address);
  await transport.send({ method: 'PUT', url, headers: { 'x-kind': 'block' }, body: [Buffer.from('bytes')] });
  t.is(server.seen[0]?.headers.authorization, 'PUT /object block bytes');
});

test('HEAD has an answer without a body, and no length of its own', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => response.writeHead(200, { etag: '"1"' }).end());
  using transport = new HttpTransport(DEFAULTS);
  const answer = await transport.send({ method: 'HEAD', url: new URL(server.address) });
  t.like(answer, { status: 200, body: Buffer.alloc(0) });
  t.is(answer.headers.etag, '"1"');
  t.is(server.seen[0]?.headers['content-length'], undefined);
});

test('the code and the message of an error in XML are in the error', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) =>
    response
      .writeHead(404)
      .end('<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>It is\nnot here.</Message></Error>'),
  );
  using transport = new HttpTransport(DEFAULTS);
  const request = { method: 'GET', url: new URL(server.address) } as const;
  await t.throwsAsync(transport.open(request), { message: 'the service answered 404: NoSuchKey: It is not here.' });
});

testWithCertificates(
  'a certificate that nobody vouches for is refused, unless it is not to be verified',
  async (t, { certificates }) => {
    const { certFile, keyFile } = await certificates.make('service', 'server');
    const tls = { cert: await readFile(certFile), key: await readFile(keyFile) };
    const server = await ScriptedServer.start(t, (_, response) => response.end('content'), tls);
    const request = { method: 'GET', url: new URL(server.address) } as const;
    using strict = new HttpTransport(DEFAULTS);
    await t.throwsAsync(strict.send(request), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    using lenient = new HttpTransport({ ...DEFAULTS, verifyTls: false });
    t.is((await lenient.send(request)).body.toString(), 'content');
  },
);

test('a call may wait for its turn for longer than a call may be silent', async (t) => {
  const idleMs = 500;
  let begun = 0;
  // A change may be silent for three times as long as a read.
  const server = await ScriptedServer.start(t, ({ method }, response) => {
    begun += 1;
    if (method === 'GET') response.end('content');
    else setTimeout(() => response.end(), 1.5 * idleMs);
  });
  using transport = new HttpTransport({ ...DEFAULTS, maxCalls: 1, idleMs });
  const url = new URL(server.address);
  const first = transport.send({ method: 'PUT', url });
  const waiting = transport.send({ method: 'GET', url });
  t.is((await waiting).body.toString(), 'content');
  await first;
  t.is(begun, 2);
});
