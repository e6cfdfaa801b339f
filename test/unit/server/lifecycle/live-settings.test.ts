import { Server as TlsServer } from 'node:https';
import test from 'ava';
import type { TokenProvider } from '../../../../core/ports/token-provider.ts';
import { createLogger, type OperatorLog } from '../../../../server/composition/logger.ts';
import { type Configuration, loadConfiguration } from '../../../../server/config/index.ts';
import { type HttpSettings, toHttpSettings } from '../../../../server/http/http-settings.ts';
import { LiveSettings } from '../../../../server/lifecycle/live-settings.ts';
import { noAudit } from '../../../helpers/http/no-audit.ts';

type Rotate = NonNullable<TokenProvider['rotate']>;

class CountingServer extends TlsServer {
  contexts = 0;

  override setSecureContext(): void {
    this.contexts += 1;
  }
}

/** What a reload changes, with a token provider that rotates like this. */
async function parts(rotate: Rotate, rotateMs?: number) {
  const rotated: string[][] = [];
  const tokens: TokenProvider = {
    issue: async () => '',
    read: () => Promise.reject(new Error('not asked')),
    rotate: (secrets) => {
      rotated.push([...secrets]);
      return rotate(secrets);
    },
  };
  const start = await configured('secret: first');
  const log: OperatorLog = await createLogger({ level: 'error', formatter: 'json', fields: {} });
  const settings: HttpSettings = toHttpSettings(start);
  const server = new CountingServer();
  const live = new LiveSettings(
    { log, settings, tokens, server, audit: noAudit() },
    { start, ...(rotateMs !== undefined && { rotateMs }) },
  );
  return { live, log, settings, server, rotated };
}

async function configured(http: string, level = 'error'): Promise<Configuration> {
  const text = `version: 0.1\nlog: {level: ${level}}\nstorage: {inmemory: {}, maintenance: {readonly: {enabled: ${level === 'warn'}}}}\nhttp: {addr: "127.0.0.1:0", ${http}}\n`;
  return (await loadConfiguration({ path: 'config.yml', text, env: {} })).configuration;
}

const TLS = { options: {}, clientAuth: 'none' } as never;

test('a token provider that rejects secrets later refuses the reload, and nothing is replaced', async (t) => {
  const { live, log, settings, server } = await parts(async () => Promise.reject(new Error('the vault is sealed')));
  const next = { configuration: await configured('secret: second', 'warn'), tls: TLS };
  await t.throwsAsync(live.replace(next), { message: 'the vault is sealed' });
  t.is(server.contexts, 0, 'the certificate');
  t.is(log.level, 'error');
  t.false(settings.readOnly);
});

test('a token provider that throws or never answers refuses the reload', async (t) => {
  const throwing = await parts(() => {
    throw new Error('the vault is sealed');
  });
  const next = { configuration: await configured('secret: second'), tls: undefined };
  await t.throwsAsync(throwing.live.replace(next), { message: 'the vault is sealed' });
  const silent = await parts(() => new Promise(() => undefined), 1);
  await t.throwsAsync(silent.live.replace(next), { message: /has not taken over http\.secret within 0\.001 seconds/ });
});

test('a certificate that the server cannot use refuses the reload before the secrets are replaced', async (t) => {
  const { live, rotated } = await parts(async () => undefined);
  const tls = { options: { cert: 'no certificate' }, clientAuth: 'none' } as never;
  await t.throwsAsync(live.replace({ configuration: await configured('secret: second'), tls }));
  t.deepEqual(rotated, []);
});

test('all settings are replaced once the token provider has the secrets, which it gets only when they differ', async (t) => {
  const { live, log, settings, server, rotated } = await parts(async () => undefined);
  await live.replace({ configuration: await configured('secret: first', 'warn'), tls: TLS });
  t.deepEqual(rotated, []);
  t.is(server.contexts, 1);
  t.is(log.level, 'warn');
  t.true(settings.readOnly);
  await live.replace({ configuration: await configured('secret: second, secrets: [first]'), tls: undefined });
  t.deepEqual(rotated, [['second', 'first']]);
});

test('a token provider that failed gets its earlier secrets again with the next reload', async (t) => {
  const { live, rotated } = await parts(async ([first]) => {
    if (first === 'second') throw new Error('the vault is sealed');
  });
  await t.throwsAsync(live.replace({ configuration: await configured('secret: second'), tls: undefined }));
  await live.replace({ configuration: await configured('secret: first'), tls: undefined });
  t.deepEqual(rotated, [['second'], ['first']]);
});
