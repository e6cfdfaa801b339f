import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pushLayeredImage, pushPlatforms } from '../../../helpers/content/layered-image.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';
import { startProcess } from '../../../helpers/processes/run-process.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

const ONE_LAYER = { layers: [{ 'etc/motd': 'hello\n' }] };

test('ls prints the repositories of a registry, or those under a part of their names', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  for (const name of ['app', 'team/a', 'team/b', 'teams/c']) await registry.pushImage(name, 'v1');
  t.deepEqual(await stowage('ls', host), { code: 0, stdout: 'app\nteam/a\nteam/b\nteams/c\n', stderr: '' });
  t.like(await stowage('ls', `${host}/team`), { stdout: 'team/a\nteam/b\n' });
  t.like(await stowage('ls', host, '--json'), { stdout: '{"repositories":["app","team/a","team/b","teams/c"]}\n' });
});

test('tags prints all tags, page by page', async (t) => {
  const { registry, host, stowage } = await clientCommands(t, { others: { catalog: { maxentries: 2 } } });
  const tags = ['a', 'b', 'c', 'd', 'e'];
  for (const tag of tags) await registry.pushImage('app', tag);
  t.deepEqual(await stowage('tags', `${host}/app`), {
    code: 0,
    stdout: tags.map((tag) => `${tag}\n`).join(''),
    stderr: '',
  });
  t.like(await stowage('tags', `${host}/app`, '--json'), {
    stdout: `${JSON.stringify({ name: `${host}/app`, tags })}\n`,
  });
});

test('what does not exist ends with 4, and says what to check', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  for (const args of [
    ['tags', `${host}/nothing`],
    ['digest', `${host}/app:v2`],
    ['manifest', `${host}/app:v2`],
    ['inspect', `${host}/app:v2`],
    ['pull', `${host}/app:v2`, 'oci:/nowhere/at/all'],
    ['blob', `${host}/app@${digestOf('nothing')}`],
  ]) {
    const { code, stdout, stderr } = await stowage(...args);
    t.is(code, 4, args.join(' '));
    t.is(stdout, '');
    t.regex(stderr, /^stowage: .*(?:_UNKNOWN|unknown).*\n$/, args.join(' '));
  }
});

test('a registry that does not answer ends with 1, and says what to check', async (t) => {
  const { stowage, registry, host } = await clientCommands(t);
  await registry.stop();
  const { code, stderr } = await stowage('digest', `${host}/app:v1`);
  t.is(code, 1);
  t.regex(stderr, /no connection could be opened: .*; check the port, and that the registry is running\n$/);
});

test('a reference that is none ends with 2, and says what to write', async (t) => {
  const { stowage } = await clientCommands(t);
  t.deepEqual(await stowage('tags', 'https://registry.example.com/app'), {
    code: 2,
    stdout: '',
    stderr:
      'stowage: "https://registry.example.com/app" is not understood: write it without the scheme; --plain-http selects HTTP\n',
  });
});

test('digest and manifest give what the registry has, also of one platform', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', ONE_LAYER);
  const index = await pushPlatforms(registry, 'app', 'multi', ['amd64', 'arm64']);
  t.deepEqual(await stowage('digest', `${host}/app:v1`), { code: 0, stdout: `${digest}\n`, stderr: '' });
  t.like(await stowage('digest', `${host}/app:multi`), { stdout: `${index}\n` });
  const { stdout: manifest } = await stowage('manifest', `${host}/app:multi`, '--platform', 'linux/arm64');
  t.like(await stowage('digest', `${host}/app:multi`, '--platform', 'linux/arm64'), {
    stdout: `${digestOf(manifest)}\n`,
  });
  const missing = await stowage('digest', `${host}/app:multi`, '--platform', 'linux/s390x');
  t.is(missing.code, 4);
  t.regex(missing.stderr, /there is no image for linux\/s390x; available are linux\/amd64, linux\/arm64/);
});

test('inspect shows an image at a glance', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const config = { Labels: { team: 'blue' }, Entrypoint: ['/app'], User: 'nobody' };
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', { ...ONE_LAYER, config });
  const { code, stdout } = await stowage('inspect', `${host}/app:v1`);
  t.is(code, 0);
  for (const line of [
    `digest      ${digest}`,
    'platform    linux/amd64',
    'created     2026-01-02T03:04:05Z',
    'user        nobody',
    'entrypoint  ["/app"]',
    '  team  blue',
  ])
    t.true(stdout.includes(`${line}\n`), `${line} in\n${stdout}`);
  t.regex(stdout, /^size {8}\d+ B in 1 layer$/m);
  const { stdout: json } = await stowage('inspect', `${host}/app:v1`, '--json');
  const { stdout: manifest } = await stowage('manifest', `${host}/app:v1`);
  const { config: whole } = JSON.parse(manifest) as { config: { digest: string } };
  t.like(JSON.parse(json), {
    digest,
    platform: 'linux/amd64',
    config,
    configDigest: whole.digest,
    rootfs: { type: 'layers' },
    referrers: [],
  });
  t.is(digestOf((await stowage('inspect', `${host}/app:v1`, '--config')).stdout), whole.digest);
});

test('inspect --config says what has no configuration', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await pushPlatforms(registry, 'app', 'v1', ['amd64', 'arm64']);
  const { code, stderr } = await stowage('inspect', `${host}/app:v1`, '--config');
  t.is(code, 2);
  t.regex(stderr, /--platform says of which/);
  t.regex((await stowage('inspect', `${host}/app:v1`, '--config', '--platform', 'linux/arm64')).stdout, /"arm64"/);
});

test('inspect shows the platforms of an index with their sizes, and one of them on request', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const digest = await pushPlatforms(registry, 'app', 'v1', ['amd64', 'arm64']);
  const { stdout } = await stowage('inspect', `${host}/app:v1`);
  t.true(stdout.includes(digest));
  for (const architecture of ['amd64', 'arm64'])
    t.regex(stdout, new RegExp(`^  linux/${architecture}  +sha256:.* 1 layer$`, 'm'));
  t.regex(
    (await stowage('inspect', `${host}/app:v1`, '--platform', 'linux/arm64')).stdout,
    /^platform {2}linux\/arm64$/m,
  );
});

test('what an image says of itself cannot move the cursor of a terminal', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const config = { Labels: { evil: '\x1b[2Jgone\r\nfake' }, User: '\u202Eroot' };
  await pushLayeredImage(registry, 'app', 'v1', { ...ONE_LAYER, config });
  const { stdout } = await stowage('inspect', `${host}/app:v1`);
  t.true(stdout.includes('evil'));
  t.notRegex(stdout, /[\x1b\r\u202E]|^fake/m);
});

test('diff shows changed settings, layers, sizes and files', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  const base = { 'etc/base': 'base', gone: '' };
  const old = { layers: [base, { 'app/a': '1', 'app/b': '2', 'app/same': '=' }], config: { Env: ['A=1'], User: 'x' } };
  const young = {
    layers: [base, { 'app/a': '11', 'app/c': '3', 'app/same': '=', '.wh.gone': '' }],
    config: { Env: ['A=2'] },
  };
  await pushLayeredImage(registry, 'app', 'v1', old);
  await pushLayeredImage(registry, 'app', 'v2', young);
  const { code, stdout } = await stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--files');
  t.is(code, 0);
  const lines = stdout.split('\n');
  for (const line of [
    '- config.Env[0]: "A=1"',
    '+ config.Env[0]: "A=2"',
    '- config.User: "x"',
    '~ /app/a  1 B -> 2 B',
    '- /app/b  1 B',
    '+ /app/c  1 B',
    '- /gone  0 B',
  ])
    t.true(lines.includes(line), `${line} in\n${stdout}`);
  t.regex(stdout, /^ {2}1 layer \(\d+ B\) shared$/m);
  t.false(stdout.includes('same'));
});

test('diff says by its exit code whether two images differ, if it shall', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'v1', 'one');
  await registry.pushImage('app', 'v2', 'two');
  await registry.pushImage('app', 'v3', 'two');
  t.is((await stowage('diff', `${host}/app:v1`, `${host}/app:v2`)).code, 0);
  t.is((await stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--exit-code')).code, 6);
  const same = await stowage('diff', `${host}/app:v2`, `${host}/app:v3`, '--exit-code');
  t.is(same.code, 0);
  t.regex(same.stdout, /^the same image: sha256:/);
});

test('diff of a layer that is no archive fails', async (t) => {
  const { registry, host, stowage } = await clientCommands(t);
  await registry.pushImage('app', 'v1', 'one');
  await registry.pushImage('app', 'v2', 'x'.repeat(2000));
  const { code, stderr } = await stowage('diff', `${host}/app:v1`, `${host}/app:v2`, '--files');
  t.is(code, 1);
  t.regex(stderr, /layer sha256:.* is no readable archive/);
});

test('blob writes a file that appears when all bytes are verified, or to standard output', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  const digest = await registry.pushBlob('app', 'the bytes');
  t.deepEqual(await stowage('blob', `${host}/app@${digest}`), { code: 0, stdout: 'the bytes', stderr: '' });
  const file = join(home, 'out');
  t.is((await stowage('blob', `${host}/app@${digest}`, '-o', file)).code, 0);
  t.is(await readFile(file, 'utf8'), 'the bytes');
});

test('blob stops when the reader of its output has gone', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  const digest = await registry.pushBlob('app', Buffer.alloc(8_000_000, 'x'));
  const command = `${process.execPath} dist/bundle/bin.js blob ${host}/app@${digest}`;
  const script = `${command} | head -c 3; echo " \${PIPESTATUS[0]}"`;
  const env = { HOME: home };
  t.deepEqual(await startProcess('bash', ['-c', script], { env }).finished, { code: 0, stdout: 'xxx 0\n', stderr: '' });
});

test('blob and manifest store files, and refuse those of another digest', async (t) => {
  const { registry, host, stowage, withInput, home } = await clientCommands(t);
  const { digest } = await pushLayeredImage(registry, 'app', 'v1', ONE_LAYER);
  const file = join(home, 'file');
  await writeFile(file, 'content');
  t.like(await stowage('blob', `${host}/app`, '--put', file), { code: 0, stdout: `${digestOf('content')}\n` });
  t.is((await registry.ask('GET', `/v2/app/blobs/${digestOf('content')}`)).text, 'content');
  t.is((await stowage('blob', `${host}/app@${digestOf('other')}`, '--put', file)).code, 2);
  const { stdout: manifest } = await stowage('manifest', `${host}/app:v1`);
  t.like(await withInput(manifest, 'manifest', `${host}/app:copy`, '--put', '-'), { code: 0, stdout: `${digest}\n` });
  t.like(await stowage('digest', `${host}/app:copy`), { stdout: `${digest}\n` });
  t.is((await withInput(manifest, 'manifest', `${host}/app@${digestOf('')}`, '--put', '-')).code, 2);
});
