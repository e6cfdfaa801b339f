import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { RemoteRegistry } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import { bodyOf, openRemote } from '../../../helpers/client/open-remote.ts';

const NAME = parseRepositoryName('team/app');
const DIGEST = digestOf(Buffer.from('x'));
const LARGE = { mediaType: '', digest: DIGEST, size: 5 * 1024 * 1024 };
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };
const OK = 'HTTP/1.1 200 OK\r\n';

/** What a server sends as an answer, and whether it closes the connection then. */
const ANSWERS: Readonly<Record<string, readonly [bytes: string, closes: boolean]>> = {
  nothing: ['', true],
  silence: ['', false],
  garbage: ['\u0000\u0001\u0002garbage\r\n\r\n', true],
  'the answer of another protocol': ['220 mail.test ESMTP\r\n', false],
  'half a status line': ['HTTP/1.', false],
  'a status that is no number': ['HTTP/1.1 abc OK\r\n\r\n', true],
  'a version that nobody knows': ['HTTP/9.9 200 OK\r\n\r\n', true],
  'half a head': [`${OK}Content-Type: text/plain\r\nX-Ha`, false],
  'a head without an end': [`${OK}${'X-Filler: abcdefgh\r\n'.repeat(5000)}`, false],
  'a header that is too long': [`${OK}X-Long: ${'a'.repeat(100_000)}\r\n\r\n`, true],
  'a header with a control character': [`${OK}X-Bad: a\u0000b\r\nContent-Length: 2\r\n\r\n{}`, true],
  'two lengths': [`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, true],
  'a negative length': [`${OK}Content-Length: -1\r\n\r\n`, true],
  'a length that is too large': [`${OK}Content-Length: 99999999999999999999999\r\n\r\n{}`, true],
  'a length and chunks': [`${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, true],
  'a chunk of no size': [`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, true],
  'a chunk that ends early': [`${OK}Transfer-Encoding: chunked\r\n\r\nff\r\n{}`, true],
  'a body that stops': [`${OK}Content-Length: 5242880\r\n\r\n{`, false],
  'an unknown transfer coding': [`${OK}Transfer-Encoding: rot13\r\n\r\nuryyb`, true],
  'information without an answer': ['HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50), true],
  'a change of the protocol': [
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    false,
  ],
  'a redirect to nowhere': ['HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n\r\n', true],
};

const CALLS: Readonly<Record<string, (remote: RemoteRegistry) => Promise<unknown>>> = {
  manifest: ({ manifests }) => manifests.get(NAME, parseReference('v1')),
  'head of a manifest': ({ manifests }) => manifests.stat(NAME, parseReference('v1')),
  list: ({ tags }) => tags.list(NAME, ALL),
  blob: async ({ layers }) => (await layers.known(NAME, { ...LARGE, size: 1000 }).open()).toArray(),
  'large blob': async ({ layers }) => {
    for await (const _ of await layers.known(NAME, LARGE).openReused());
  },
  upload: async ({ layers }) => {
    await using upload = await layers.upload(NAME);
    await upload.finishWith({ body: bodyOf('x'), range: { start: 0, end: 1 } }, DIGEST);
  },
};

for (const [what, [bytes, closes]] of Object.entries(ANSWERS)) {
  test(`${what} instead of an answer is a typed error of every call`, async (t) => {
    const address = await start(t, bytes, closes);
    await Promise.all(
      Object.entries(CALLS).map(async ([call, run]) => {
        const timeOuts = { connectMs: 5000, answerMs: 300, finishMs: 300, readMs: 300 };
        const remote = openRemote(t, address, { timeOuts, retries: { attempts: 2, baseDelayMs: 1 } });
        const error = await t.throwsAsync(run(remote), { any: true }, call);
        t.true(RegistryError.is(error), `${call}: ${String(error)}`);
      }),
    );
  });
}

/** A server that answers the head of every request with the same bytes. */
async function start(t: ExecutionContext, bytes: string, closes: boolean): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    socket.on('error', () => undefined);
    socket.on('data', () => (closes ? socket.end(bytes, 'latin1') : socket.write(bytes, 'latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
