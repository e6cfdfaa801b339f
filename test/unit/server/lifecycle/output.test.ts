import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { ask } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { type Running, startNode } from '../../../helpers/processes/run-process.ts';
import { ANN, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { pluginSource } from '../../plugins/loading/fixture-folder.ts';

const CLI = 'dist/bundle/bin.js';

interface Started extends Running {
  readonly address: string;
}

/** A registry in a process of its own, with what it is given in its folder. */
async function started(
  t: ExecutionContext,
  keys: object,
  files: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const folder = await tempRoot(t);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const configuration = { version: 0.1, storage: 'inmemory', http: { addr: '127.0.0.1:0', secret: 's' }, ...keys };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(configuration));
  const running = startNode([CLI, 'serve', join(folder, 'config.yml')]);
  t.teardown(() => running.signal('SIGKILL'));
  const [, address = ''] = await running.logged(/"address":"([^"]+)".*"msg":"ready"/);
  return { ...running, address };
}

/** Waits for the line of the log with this message. */
async function line(running: Running, message: string): Promise<Record<string, unknown>> {
  const [text] = await running.logged(new RegExp(`^.*"msg":"${message}.*$`, 'm'));
  return JSON.parse(text) as Record<string, unknown>;
}

async function ended(running: Running): Promise<{ readonly stdout: string; readonly lines: readonly string[] }> {
  running.signal('SIGTERM');
  const { stdout, stderr } = await running.finished;
  return { stdout, lines: stderr.trimEnd().split('\n') };
}

test('without a terminal all that a registry writes is one stream of JSON lines with names of levels', async (t) => {
  const running = await started(t, {});
  await ask(running, 'GET', '/v2/');
  await line(running, 'request');
  const { stdout, lines } = await ended(running);
  t.is(stdout, '');
  const levels = new Set(lines.map((each) => (JSON.parse(each) as { level: unknown }).level));
  t.deepEqual([...levels], ['info']);
});

test('a failed log-in is a warning with the user, the reason and the true address, and never with the password', async (t) => {
  const auth = { htpasswd: { realm: 'test', path: 'users' } };
  const running = await started(t, { auth }, { users: `${ANN.line}\n` });
  const attempt = (user: string, password: string) =>
    ask(running, 'GET', '/v2/', {
      headers: { Authorization: basic(user, password), 'X-Forwarded-For': '192.0.2.7', 'X-Real-Ip': '192.0.2.8' },
    });
  t.is((await attempt('ann', 'S3cret-guess')).status, 401);
  t.like(await line(running, 'log-in failed'), {
    level: 'warn',
    user: 'ann',
    reason: 'wrong password',
    remote: '127.0.0.1',
  });
  const unknown = await attempt('bob', 'S3cret-guess');
  await running.logged(/"user":"bob".*"reason":"the password file has no such user"/);
  t.notRegex(unknown.text, /no such user/, 'a client does not learn which users there are');
  t.is((await ask(running, 'GET', '/v2/')).status, 401);
  t.is((await attempt('ann', ANN.password)).status, 200);
  const { lines } = await ended(running);
  t.is(lines.filter((each) => each.includes('log-in failed')).length, 2, 'a request without credentials is none');
  t.notRegex(lines.join('\n'), /S3cret-guess/);
});

test('a client that speaks TLS to a plain port is told so, and the log says so once a minute at most', async (t) => {
  const running = await started(t, {});
  for (let index = 0; index < 3; index += 1) {
    const connection = await RawConnection.open(t, running);
    connection.send(Uint8Array.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]));
    const text = await connection.untilClosed();
    t.regex(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    t.regex(text, /"message":"this port serves plain HTTP, but the client began a TLS handshake; use http:\/\//);
  }
  t.like(await line(running, 'a client began TLS on a port that serves plain HTTP'), { remote: '127.0.0.1', count: 1 });
  const { lines } = await ended(running);
  t.is(lines.filter((each) => each.includes('began TLS')).length, 1);
});

test('the combined access log goes to standard output, and the log keeps no line for the request', async (t) => {
  const running = await started(t, { log: { accesslog: { formatter: 'combined' } } });
  await ask(running, 'GET', '/v2/', { headers: { 'User-Agent': 'test/1' } });
  await running.said('"GET /v2/ HTTP/1.1" 200 2 "" "test/1"\n');
  const { lines } = await ended(running);
  t.false(lines.some((each) => each.includes('"msg":"request"')));
});

test('a crash and a warning of Node are lines of the log', async (t) => {
  const text = `
    process.on('SIGUSR2', () => {
      process.emitWarning('soon', { code: 'SOON' });
      setImmediate(() => setImmediate(() => { throw new Error('out of tape'); }));
    });
    ${pluginSource('event-sink', '() => bindPort(EVENT_SINK, { handle() {} })')}`;
  const running = await started(t, { plugins: ['./late.mjs'] }, { 'late.mjs': text });
  running.signal('SIGUSR2');
  const { code, stderr } = await running.finished;
  t.is(code, 1);
  const last = stderr
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each) as Record<string, unknown>);
  t.like(last.at(-2), { level: 'warn', code: 'SOON', msg: 'soon' });
  t.like(last.at(-1), {
    level: 'error',
    msg: 'an unexpected error ended the process; please report it with this line',
  });
  t.is((last.at(-1)?.['err'] as { message: string }).message, 'out of tape');
});
