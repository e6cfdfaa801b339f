import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { luaScript } from '../../../plugins/coordination/redis/lua-script.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import type { RedisSettings, RedisTls } from '../../../plugins/coordination/redis/redis-settings.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { CertificateMaker, type TestCertificate } from '../../helpers/http/certificates.ts';
import { freePort } from '../../helpers/processes/free-port.ts';
import { RedisServer, settingsOf } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('TLS', 'openssl');
const ECHO = luaScript('return ARGV[1]');

interface Rig {
  readonly settings: (tls?: RedisTls) => RedisSettings;
  readonly certificates: CertificateMaker;
  readonly authority: TestCertificate;
  readonly trust: readonly string[];
}

/** A server that speaks TLS and asks clients for a certificate. */
async function rig(t: ExecutionContext): Promise<Rig> {
  const certificates = new CertificateMaker(await tempRoot(t));
  const authority = await certificates.make('authority', 'authority');
  const { certFile, keyFile } = await certificates.make('redis', 'server', authority);
  const port = await freePort();
  const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', authority.certFile];
  await RedisServer.start(t, ['--tls-port', String(port), ...files]);
  return {
    settings: (tls) => settingsOf([{ host: 'localhost', port }], tls && { tls }),
    certificates,
    authority,
    trust: [await readFile(authority.certFile, 'utf8')],
  };
}

async function open(t: ExecutionContext, settings: RedisSettings): Promise<{ answer: string; warnings: string[] }> {
  const warnings: string[] = [];
  const use = { purpose: 'test', warn: (message: string) => void warnings.push(message) };
  const connection = await RedisConnection.open(settings, use);
  t.teardown(() => connection[Symbol.asyncDispose]());
  const answer = await connection.run(ECHO, { keys: ['k'], args: ['hello'] }).then(String, String);
  return { answer, warnings };
}

test('a server is reached over TLS, with a client certificate', async (t) => {
  const { settings, certificates, authority, trust } = await rig(t);
  const client = await certificates.make('client', 'client', authority);
  const [certificate, key] = [await readFile(client.certFile, 'utf8'), await readFile(client.keyFile, 'utf8')];
  const { answer, warnings } = await open(t, settings({ certificate, key, authorities: trust }));
  t.is(answer, 'hello');
  t.deepEqual(warnings, []);
});

test('a server whose authority is not known, or that refuses the client, counts as away', async (t) => {
  const { settings, trust } = await rig(t);
  for (const authorities of [[], trust]) {
    const { answer, warnings } = await open(t, settings({ authorities }));
    t.regex(answer, /^RedisError: /);
    t.regex(warnings.join(), /^Redis is unavailable \(test\): .*(?:certificate|alert|closed|reset)/i);
  }
});
