import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Logger } from '../../../../core/ports/logger.ts';
import { isTlsHandshake, WrongProtocol } from '../../../../server/http/wrong-protocol.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';

type Line = readonly [level: string, count: unknown];

/** Refuses so many connections from an address, and gives the lines of the log. */
async function linesOf(t: ExecutionContext, remoteAddress: string, connections: number): Promise<Line[]> {
  const lines: Line[] = [];
  const at =
    (level: string): Logger['warn'] =>
    (fields) =>
      void lines.push([level, fields['count']]);
  const wrong = new WrongProtocol({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
  const server = createServer((socket) => {
    Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
    wrong.refuseTls(socket);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  for (let index = 0; index < connections; index += 1) {
    const connection = await RawConnection.open(t, { address: `http://127.0.0.1:${port}` });
    t.regex(await connection.untilClosed(), /^HTTP\/1\.1 400 /);
  }
  return lines;
}

test('a client of another machine is a warning, and many of them are one', async (t) => {
  t.deepEqual(await linesOf(t, '192.0.2.1', 3), [['warn', 1]]);
});

test('a client of this machine is no warning, because docker and crane try TLS first', async (t) => {
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
    t.deepEqual(await linesOf(t, address, 1), [['info', 1]]);
});

test('only the beginning of a handshake counts as TLS', (t) => {
  const error = (...bytes: number[]) => Object.assign(new Error(), { rawPacket: Uint8Array.from(bytes) });
  t.true(isTlsHandshake(error(0x16, 0x03, 0x01)));
  t.false(isTlsHandshake(error(0x47, 0x45)));
  t.false(isTlsHandshake(new Error('without bytes')));
});
