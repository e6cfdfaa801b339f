import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextRound } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { RedisDescriptors } from '../../../plugins/caches/redis-descriptors.ts';
import { luaScript } from '../../../plugins/coordination/redis/lua-script.ts';
import { RedisBroadcast } from '../../../plugins/coordination/redis/redis-broadcast.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import { RedisLocks } from '../../../plugins/coordination/redis/redis-locks.ts';
import type { RedisSettings } from '../../../plugins/coordination/redis/redis-settings.ts';
import { RedisTokens } from '../../../plugins/tokens/redis-tokens.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { CuttableProxy } from '../../helpers/processes/cuttable-proxy.ts';
import { freePort } from '../../helpers/processes/free-port.ts';
import { RedisServer, settingsOf } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';
import { stateOf } from '../../unit/plugins/tokens/token-cases.ts';

const test = testsWithRedis('connections', 'redis-cli');
const run = promisify(execFile);
const NAME = parseRepositoryName('library/a');
const DIGEST = digestOf(Buffer.from('layer'));

interface Opened {
  readonly connection: RedisConnection;
  readonly warnings: string[];
}

async function open(t: ExecutionContext, settings: RedisSettings): Promise<Opened> {
  const warnings: string[] = [];
  const use = { purpose: 'test', warn: (message: string) => void warnings.push(message) };
  const connection = await RedisConnection.open(settings, use);
  t.teardown(() => connection[Symbol.asyncDispose]());
  return { connection, warnings };
}

/** Everything that is kept in Redis, once. */
async function useEverything(t: ExecutionContext, settings: RedisSettings): Promise<void> {
  const [one, two] = [await open(t, settings), await open(t, settings)];
  const state = stateOf('library/a', 'u', 5);
  t.deepEqual(await new RedisTokens(two.connection).read(await new RedisTokens(one.connection).issue(state)), state);
  const hold = await new RedisLocks(one.connection).tryAcquire('upload:1');
  t.is(await new RedisLocks(two.connection).tryAcquire('upload:1'), undefined);
  await hold?.[Symbol.asyncDispose]();
  const [writer, reader] = [new RedisDescriptors(one.connection, 0), new RedisDescriptors(two.connection, 0)];
  await writer.get(NAME, DIGEST);
  await writer.set(NAME, DIGEST, { digest: DIGEST, size: 5 }, 0);
  t.deepEqual(await reader.get(NAME, DIGEST), { digest: DIGEST, size: 5 });
  await reader.delete(NAME, DIGEST);
  t.is(await writer.get(NAME, DIGEST), undefined);
  const broadcasts = [one, two].map(({ connection }) => new RedisBroadcast(connection, settings));
  t.teardown(() => Promise.all(broadcasts.map((broadcast) => broadcast[Symbol.asyncDispose]())));
  const heard: string[] = [];
  broadcasts[1]?.subscribe(
    'x',
    (text) => void heard.push(text),
    () => undefined,
  );
  while (!broadcasts.every(({ isConnected: isConnected }) => isConnected)) await nextRound();
  await broadcasts[0]?.publish('x', 'message');
  t.deepEqual(heard, ['message']);
  t.deepEqual([...one.warnings, ...two.warnings], []);
}

const ECHO = luaScript('return ARGV[1]');
const echo = ({ connection }: Opened): Promise<unknown> => connection.run(ECHO, { keys: ['k'], args: ['x'] });

test('a single server does everything', async (t) => {
  await useEverything(t, (await RedisServer.start(t)).settings);
});

for (const protocol of [2, 3] as const) {
  test(`a server in protected mode is reported as one [protocol ${protocol}]`, async (t) => {
    const refusal =
      'Redis is running in protected mode because protected mode is enabled and no password is set for the ';
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(`-DENIED ${refusal}default user. In this mode connections are only accepted from the loopback.\r\n`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { warnings } = await open(t, settingsOf([{ host: '127.0.0.1', port }], { protocol }));
    t.is(warnings.length, 1);
    t.regex(warnings[0] ?? '', /^Redis is unavailable \(test\): .*in protected mode/);
  });
}

test('the older protocol works, and a database and names of the connection are set', async (t) => {
  const server = await RedisServer.start(t);
  const settings = {
    ...server.settings,
    protocol: 2 as const,
    database: 3,
    clientName: 'registry',
    identitySuffix: 'x',
  };
  await useEverything(t, settings);
  const client = server.client(t);
  t.is(await client.dbsize(), 0);
  t.regex(String(await client.client('LIST')), /name=registry .*db=3 /);
});

test('a unix socket is reached by its path', async (t) => {
  const folder = await tempRoot(t);
  const socket = join(folder, 'r.sock');
  await RedisServer.start(t, ['--unixsocket', socket]);
  await useEverything(t, settingsOf([{ socket }]));
});

test('user and password open a server that asks for them, and appear in no message when they are wrong', async (t) => {
  const server = await RedisServer.start(t, userArgs('registry on >rightpassword ~* &* +@all', 'default off'));
  await useEverything(t, { ...server.settings, username: 'registry', password: 'rightpassword' });
  const wrong = await open(t, { ...server.settings, username: 'registry', password: 'verywrongpassword' });
  t.regex(wrong.warnings.join(), /^Redis is unavailable \(test\): WRONGPASS/);
  const error = await t.throwsAsync(echo(wrong), { name: 'RedisError', code: 'away' });
  for (const text of [...wrong.warnings, JSON.stringify(error), String(error.stack)]) {
    t.false(text.includes('verywrongpassword'), text);
  }
});

test('a user that may only use what the registry uses can do everything', async (t) => {
  const rights = '~stowage:* ~repository::* ~blobs::* &stowage:* +@all -@admin -@dangerous +info';
  const server = await RedisServer.start(t, userArgs(`registry on >pw ${rights}`, 'default on nopass ~* &* +@all'));
  await useEverything(t, { ...server.settings, username: 'registry', password: 'pw' });
});

test('sentinels lead to the primary, and to the next one after a failover', async (t) => {
  const primary = await RedisServer.start(t, ['--repl-diskless-sync-delay', '0']);
  const replica = await RedisServer.start(t, ['--replicaof', '127.0.0.1', String(primary.port)]);
  const sentinel = await startSentinel(t, primary.port);
  const settings = settingsOf([{ host: '127.0.0.1', port: sentinel }], { masterName: 'main' });
  await useEverything(t, settings);
  const opened = await open(t, settings);
  const cli = async (port: number, ...args: string[]): Promise<string> =>
    (await run('redis-cli', ['-p', String(port), ...args])).stdout;
  while (!(await cli(sentinel, 'sentinel', 'replicas', 'main')).includes(String(replica.port)));
  await opened.connection.run(luaScript("return redis.call('SET', KEYS[1], ARGV[1])"), { keys: ['k'], args: ['kept'] });
  while ((await replica.client(t).get('k')) !== 'kept');
  const back = new Promise<void>((resolve) => opened.connection.onUp(resolve));
  await primary.kill();
  while (!(await cli(sentinel, 'sentinel', 'failover', 'main')).startsWith('OK')) await nextRound();
  await back;
  let value: unknown;
  const get = luaScript("redis.call('SET', 'other', 'x') return redis.call('GET', KEYS[1])");
  while (value === undefined) {
    value = await opened.connection.run(get, { keys: ['k'], args: [] }).catch(() => undefined);
  }
  t.is(value, 'kept');
  t.regex(opened.warnings[0] ?? '', /Redis is unavailable/);
});

test('a replica that takes no writes is reported once, however often it is connected to', async (t) => {
  const primary = await RedisServer.start(t);
  const replica = await RedisServer.start(t, ['--replicaof', '127.0.0.1', String(primary.port)]);
  const opened = await open(t, replica.settings);
  const set = luaScript("return redis.call('SET', KEYS[1], 'x')");
  for (let round = 0; round < 3; round++) {
    const back = new Promise<void>((resolve) => opened.connection.onUp(resolve));
    await t.throwsAsync(opened.connection.run(set, { keys: ['k'], args: [] }), { code: 'refused' });
    await back;
    t.is(await echo(opened), 'x');
  }
  t.is(opened.warnings.length, 1, opened.warnings.join('\n'));
  t.regex(opened.warnings[0] ?? '', /^Redis is unavailable \(test\): READONLY/);
});

test('nodes of a cluster do everything, whichever of them has a key', async (t) => {
  const nodes = await startCluster(t);
  await useEverything(t, settingsOf([node(nodes[0]), node(nodes[1]), node(nodes[2])]));
});

test('a cluster with one node gone or hanging delays no call for long', async (t) => {
  const nodes = await startCluster(t);
  const settings = settingsOf([node(nodes[0]), node(nodes[1]), node(nodes[2])]);
  const opened = await open(t, settings);
  nodes[0].pause();
  t.teardown(() => nodes[0].resume());
  const start = performance.now();
  await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      opened.connection.run(ECHO, { keys: [`k${index}`], args: ['x'] }).catch(() => undefined),
    ),
  );
  for (let index = 0; index < 300; index++) {
    await opened.connection.run(ECHO, { keys: [`k${index}`], args: ['x'] }).catch(() => undefined);
  }
  // A third of the keys is on that node, and each would wait once alone.
  t.true(performance.now() - start < 60 * settings.readTimeoutMs);
});

test('a connection that is cut again and again is restored each time', async (t) => {
  const server = await RedisServer.start(t);
  const proxy = await CuttableProxy.start(t, server.port);
  const opened = await open(t, settingsOf([{ host: '127.0.0.1', port: proxy.port }]));
  for (let round = 0; round < 5; round++) {
    const back = new Promise<void>((resolve) => opened.connection.onUp(resolve));
    proxy.breakAll();
    await back;
    t.is(await echo(opened), 'x');
  }
  proxy.cut();
  while (opened.connection.isUp) await nextRound();
  await t.throwsAsync(echo(opened), { code: 'away' });
  await proxy.mend();
  while (!opened.connection.isUp) await nextRound();
  t.is(await echo(opened), 'x');
  const kinds = opened.warnings.map((line) => line.replace(/ \(.*/s, ''));
  t.deepEqual(new Set(kinds), new Set(['Redis is unavailable', 'Redis is available again']));
  t.is(
    kinds.filter((kind) => kind.endsWith('unavailable')).length,
    kinds.filter((kind) => kind.endsWith('again')).length,
  );
});

test('a port without a server, or with a server other than Redis, counts as away', async (t) => {
  const nobody = await open(t, settingsOf([{ host: '127.0.0.1', port: await freePort() }]));
  t.regex(nobody.warnings.join(), /^Redis is unavailable \(test\): connect ECONNREFUSED/);
  await t.throwsAsync(echo(nobody), { code: 'away' });
  const stranger = createServer((socket) => {
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  t.teardown(() => stranger.close());
  await once(stranger, 'listening');
  const { port } = stranger.address() as AddressInfo;
  const somebody = await open(t, settingsOf([{ host: '127.0.0.1', port }]));
  t.regex(somebody.warnings.join(), /^Redis is unavailable \(test\): /);
  await t.throwsAsync(echo(somebody), { code: 'away' });
});

/** Each user as in a configuration of Redis. */
function userArgs(...users: string[]): string[] {
  return users.flatMap((user) => ['--user', ...user.split(' ')]);
}

function node(server: RedisServer): { host: string; port: number } {
  return { host: '127.0.0.1', port: server.port };
}

async function startSentinel(t: ExecutionContext, primaryPort: number): Promise<number> {
  const port = await freePort();
  const file = join(await tempRoot(t), 'sentinel.conf');
  await writeFile(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor main 127.0.0.1 ${primaryPort} 1`,
      // The test says when, however long a busy machine holds a server up.
      'sentinel down-after-milliseconds main 60000',
      'sentinel failover-timeout main 1000',
      '',
    ].join('\n'),
  );
  const running = startProcess('redis-server', [file, '--sentinel']);
  t.teardown(async () => {
    running.signal('SIGKILL');
    await running.finished;
  });
  await running.said('+monitor master main');
  return port;
}

async function startCluster(t: ExecutionContext): Promise<[RedisServer, RedisServer, RedisServer]> {
  const start = (): Promise<RedisServer> =>
    RedisServer.start(t, ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500']);
  const nodes: [RedisServer, RedisServer, RedisServer] = [await start(), await start(), await start()];
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  for (const { port } of nodes) {
    let stdout = '';
    while (!stdout.includes('cluster_state:ok')) {
      ({ stdout } = await run('redis-cli', ['-p', String(port), 'cluster', 'info']));
    }
  }
  return nodes;
}
