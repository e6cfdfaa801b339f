import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { answer, ScriptedServer } from '../../helpers/client/scripted-server.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { digestOf } from '../../helpers/http/with-registry.ts';
import { startNode, startProcess } from '../../helpers/processes/run-process.ts';
import { clientCommands } from '../../helpers/running/client-commands.ts';
import { until } from '../../helpers/running/until.ts';

/** Runs a line of bash in which `stowage` is the program. */
function line(text: string, home: string) {
  const script = `stowage() { "${process.execPath}" dist/bundle/bin.js "$@"; }\n${text}`;
  return startProcess('bash', ['-c', script], { env: { HOME: home } }).finished;
}

test('output that a full disk does not take ends each command with 1 and the reason', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  for (const command of [
    '--help',
    '--version',
    'man',
    'completion bash',
    `ls ${host}`,
    `tags ${host}/app`,
    `digest ${host}/app:v1`,
    `inspect ${host}/app:v1`,
    `manifest ${host}/app:v1`,
  ]) {
    const { code, stderr } = await line(`stowage ${command} > /dev/full`, home);
    t.is(code, 1, command);
    t.is(stderr, 'stowage: standard output cannot be written: ENOSPC: no space left on device, write\n', command);
  }
});

test('output of which a disk takes only the beginning ends with 1', async (t) => {
  const { home } = await clientCommands(t);
  const file = join(home, 'out');
  const { code, stderr } = await line(`ulimit -f 1; stowage man > ${file}`, home);
  t.is(code, 1);
  t.regex(stderr, /standard output cannot be written: EFBIG/);
});

test('a reader that goes ends commands quietly', async (t) => {
  const { home } = await clientCommands(t);
  t.deepEqual(await line('stowage man | head -c 4; echo " ${PIPESTATUS[0]}"', home), {
    code: 0,
    stdout: '.\\"  0\n',
    stderr: '',
  });
});

test('a slow reader of a pipe gets all of the output', async (t) => {
  const { home } = await clientCommands(t);
  const { stdout } = await line('stowage man | { sleep 0.3; cat; }', home);
  t.true(stdout.length > 5000);
  t.regex(stdout, /terminated by SIGTERM\n$/);
});

test('blob writes into pipes and devices as they are, and does not replace them', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  const blob = `${host}/app@${await registry.pushBlob('app', 'the bytes')}`;
  const pipe = join(home, 'pipe');
  const { code, stdout } = await line(
    `mkfifo ${pipe}; cat ${pipe} & stowage blob ${blob} -o ${pipe}; wait; stowage blob ${blob} -o - ; stowage blob ${blob} -o /dev/stdout | cat`,
    home,
  );
  t.is(code, 0);
  t.is(stdout, 'the bytes'.repeat(3));
  const full = await line(`stowage blob ${blob} -o /dev/full`, home);
  t.is(full.code, 1);
  t.regex(full.stderr, /^stowage: \/dev\/full: ENOSPC: .*; free some space\n$/);
  t.is((await line(`stowage blob ${blob} -o /dev/null && test -c /dev/null`, home)).code, 0);
});

test('blob stores what comes from standard input or a pipe', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  const digest = digestOf('the bytes');
  const put = await line(`printf 'the bytes' | stowage blob ${host}/app --put -`, home);
  t.deepEqual(put, { code: 0, stdout: `${digest}\n`, stderr: '' });
  const piped = await line(`stowage blob ${host}/other@${digest} --put <(printf 'the bytes')`, home);
  t.deepEqual(piped, { code: 0, stdout: `${digest}\n`, stderr: '' });
  t.is((await registry.ask('GET', `/v2/other/blobs/${digest}`)).text, 'the bytes');
  t.is((await line(`printf 'other bytes' | stowage blob ${host}/app@${digest} --put -`, home)).code, 2);
  // Nothing of it stays in the folder for temporary files.
  const left = await line(
    `mkdir ${home}/tmp; export TMPDIR=${home}/tmp; echo x | stowage blob ${host}/app --put - > /dev/null; ls -A ${home}/tmp`,
    home,
  );
  t.deepEqual(left, { code: 0, stdout: '', stderr: '' });
});

test('a link that leads to a file stays a link when a blob is written to it', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  const blob = `${host}/app@${await registry.pushBlob('app', 'the bytes')}`;
  await (await open(join(home, 'file'), 'w')).close();
  const { code } = await line(
    `ln -s file ${home}/link && stowage blob ${blob} -o ${home}/link && test -L ${home}/link`,
    home,
  );
  t.is(code, 0);
  t.is(await readFile(join(home, 'file'), 'utf8'), 'the bytes');
});

test('a signal ends a blob that waits for the reader of a pipe', async (t) => {
  const home = await tempRoot(t);
  const server = await ScriptedServer.start(t, ({ method }, response) => {
    if (method === 'HEAD') response.writeHead(200, { 'Content-Length': 9 }).end();
    else answer(response, 200, 'the bytes');
  });
  const pipe = join(home, 'pipe');
  await startProcess('mkfifo', [pipe]).finished;
  const blob = `${new URL(server.address).host}/app@${digestOf('the bytes')}`;
  const run = startNode(['dist/bundle/bin.js', 'blob', blob, '-o', pipe], { HOME: home });
  // The command listens for signals before it asks.
  await until('the registry is asked', () => server.seen.length > 0);
  run.signal('SIGINT');
  t.is((await run.finished).code, 130);
});
