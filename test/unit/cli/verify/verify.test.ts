import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { RegistryError, UnauthorizedError } from '../../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../../core/ports/access-controller.ts';
import { FaultProxy } from '../../../helpers/client/fault-proxy.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { freePort } from '../../../helpers/processes/free-port.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';
import { clientCommands, userOf } from '../../../helpers/running/client-commands.ts';
import { until } from '../../../helpers/running/until.ts';

const ONLY = ['--only', 'discovery'];

test('a registry that keeps every rule ends with 0, and the reports say the same', async (t) => {
  const { stowage, host, home } = await clientCommands(t);
  const [report, junit, html] = ['r.json', 'r.xml', 'r.html'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  const files = ['--report', report, '--junit', junit, '--html', html];
  const { code, stdout, stderr } = await stowage('verify', `http://${host}/v2/`, ...ONLY, ...files);
  t.is(code, 0, stderr);
  t.is(stderr, '');
  t.regex(stdout, /^GROUP +MUST +SHOULD +MAY +SKIPPED\ndiscovery +17\/17 +3\/3 +1\/1 +0$/m);
  t.regex(
    stdout,
    /^21 passed, 0 failed, 0 blocked, 0 skipped; \d+ requests in [\d.]+ s\neverything that was pushed was removed$/m,
  );
  const { format, results } = JSON.parse(await readFile(report, 'utf8')) as { format: string; results: unknown[] };
  t.is(format, 'stowage-verify/1');
  t.is(results.length, 21);
  t.regex(await readFile(junit, 'utf8'), /<testsuites name="[^"]+" tests="21" failures="0" errors="0" skipped="0"/);
  t.regex(await readFile(html, 'utf8'), /21 passed/);
});

test('with --json the report is on standard output', async (t) => {
  const { stowage, host } = await clientCommands(t);
  const { code, stdout } = await stowage('verify', host, '--only', 'pull/ping', '--json');
  t.is(code, 0);
  const { results } = JSON.parse(stdout) as { results: Array<{ id: string; outcome: string }> };
  t.deepEqual(
    results.map(({ id, outcome }) => [id, outcome]),
    [['pull/ping', 'passed']],
  );
});

test('a broken MUST ends with 7, and is shown with what clients suffer', async (t) => {
  const server = await ScriptedServer.start(t, (_request, response) => answer(response, 200, {}));
  const { stowage, host } = await userOf(t, server);
  const { code, stdout, stderr } = await stowage('verify', host, '--only', 'push/upload-begins');
  t.is(code, 7);
  t.is(stderr, 'failed MUST push/upload-begins: the status is 200, not 202\n');
  t.regex(
    stdout,
    /^FAILED MUST push\/upload-begins\n {2}rule: POST to the uploads of a repository is answered with 202$/m,
  );
  t.regex(
    stdout,
    /^ {2}found: the status is 200, not 202 \(POST \/v2\/stowage-verify\/[0-9a-f]{16}\/blobs\/uploads\/\)$/m,
  );
  t.regex(stdout, /^ {2}podman, oras: no layer can be pushed$/m);
});

test('a broken SHOULD alone ends with 0, and with --strict with 8', async (t) => {
  const server = await ScriptedServer.start(t, (_request, response) => answer(response, 200, {}));
  const { stowage, host } = await userOf(t, server);
  const wrong = ['verify', host, '--only', 'push/malformed-digest-refused'];
  t.is((await stowage(...wrong)).code, 0);
  t.is((await stowage(...wrong, '--strict')).code, 8);
});

test('a registry that cannot be reached ends with 1, at once and without a report', async (t) => {
  const { stowage, home } = await userOf(t, { address: 'http://127.0.0.1:1' });
  const host = `127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await stowage('verify', host, '--report', join(home, 'r.json'));
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /nothing listens on this port; check the port/);
  t.is(await readFile(join(home, 'r.json'), 'utf8'), '');
});

/** Lets `ann` do everything, and `bob` pull. */
class TwoUsers implements AccessController {
  async authorize({ authorization }: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const text = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    if (text !== 'ann:secret' && text !== 'bob:secret') throw new UnauthorizedError('Basic realm="test"');
    const [name = ''] = text.split(':');
    if (name === 'bob' && accesses.some(({ action }) => action !== 'pull')) throw new RegistryError('DENIED');
    return Promise.resolve({ actor: { name } });
  }
}

test('a registry that does not let this user in, or push, ends with 5', async (t) => {
  const served = await serveRegistry(t, memoryRegistry(), new TwoUsers());
  const { stowage, withInput, host } = await userOf(t, served);
  const unknown = await stowage('verify', host, ...ONLY);
  t.is(unknown.code, 5);
  t.regex(unknown.stderr, /GET \/v2\/ is answered with 401; .* --username/);
  const asUser = (password: string, name: string) =>
    withInput(`${password}\n`, 'verify', host, ...ONLY, '--username', name, '--password-stdin');
  t.is((await asUser('wrong', 'ann')).code, 5);
  const reader = await asUser('secret', 'bob');
  t.is(reader.code, 5);
  t.regex(reader.stderr, /the start of an upload was answered with 403, not 202; .* --namespace/);
  const writer = await asUser('secret', 'ann');
  t.is(writer.code, 0, writer.stdout);
  t.notRegex(writer.stdout, /secret/);
});

test('Ctrl-C ends it with 130, and what was pushed is removed', async (t) => {
  const { registry, home } = await clientCommands(t);
  const proxy = await FaultProxy.start(t, registry.address);
  // It never comes to its end.
  proxy.inject({
    on: (_method, url) => url.includes('n=10000'),
    headers: () => ({ 'content-length': '9' }),
    body: () => Buffer.alloc(0),
  });
  const host = new URL(proxy.address).host;
  const running = startNode(['dist/bundle/bin.js', 'verify', host, '--only', 'discovery/n-large'], { HOME: home });
  await until('a list is asked for', () => proxy.asked.some((each) => each.includes('n=10000')));
  running.signal('SIGINT');
  const { code, stderr, stdout } = await running.finished;
  t.is(code, 130);
  t.is(stdout, '');
  t.regex(stderr, /SIGINT ended it; what was pushed is removed/);
  const { body } = await registry.ask('GET', '/v2/_catalog');
  const { repositories } = JSON.parse(body.toString()) as { readonly repositories: readonly string[] };
  for (const name of repositories) t.is((await registry.ask('GET', `/v2/${name}/tags/list`)).status, 404);
});

test('what means nothing is a wrong usage', async (t) => {
  const { stowage, host } = await userOf(t, { address: 'http://127.0.0.1:1' });
  const wrong: ReadonlyArray<readonly [RegExp, ...string[]]> = [
    [/"verify" needs <url>/, 'verify'],
    [
      /there are no checks "pul"; did you mean "pull"\?|there are no checks "pul".*pull/,
      'verify',
      host,
      '--only',
      'pul',
    ],
    [/there are no checks "pull\/nothing"/, 'verify', host, '--only', 'pull/nothing'],
    [/--namespace cannot begin/, 'verify', host, '--namespace', 'Team'],
    [/give the user with --username/, 'verify', `http://ann:secret@${host}`],
    [/the API of a registry is at \/v2\//, 'verify', `http://${host}/team`],
    [/--report names a file that cannot be written/, 'verify', host, '--report', '/nowhere/report.json'],
    [/--plain-http does not go with/, 'verify', `https://${host}`, '--plain-http'],
    [/--username is missing/, 'verify', host, '--password-stdin'],
    [/--time-limit takes a whole number/, 'verify', host, '--time-limit', '0'],
  ];
  for (const [message, ...args] of wrong) {
    const { code, stderr } = await stowage(...args);
    t.is(code, 2, args.join(' '));
    t.regex(stderr, message);
  }
});

test('--driver-docs prints every check with its rule, and sends nothing', async (t) => {
  const { stowage } = await userOf(t, { address: 'http://127.0.0.1:1' });
  const { code, stdout } = await stowage('verify', '--driver-docs', '--only', 'ranges');
  t.is(code, 0);
  t.regex(stdout, /^\| check \| level \| rule \|/);
  t.regex(stdout, /^\| `ranges\/suffix` \| MUST \| .*\(\[RFC 9110, section 15\.3\.7\]\(https:/m);
});

test('two reports are compared: newly failing, newly passing, others', async (t) => {
  const { stowage, host, home } = await clientCommands(t);
  const [before, after] = [join(home, 'before.json'), join(home, 'after.json')];
  const server = await ScriptedServer.start(t, (_request, response) => answer(response, 200, {}));
  const only = ['--only', 'push/upload-begins,pull/ping'];
  t.is((await stowage('verify', host, ...only, '--report', before)).code, 0);
  t.is((await stowage('verify', new URL(server.address).host, ...only, '--report', after)).code, 7);
  const worse = await stowage('verify', 'diff', before, after);
  t.is(worse.code, 7);
  t.regex(
    worse.stdout,
    /^newly failing:\n {2}MUST push\/upload-begins: passed -> failed \(the status is 200, not 202\)$/m,
  );
  t.regex(worse.stdout, /^1 newly failing, 0 newly passing, 0 otherwise changed, 1 the same$/m);
  const better = await stowage('verify', 'diff', after, before, '--json');
  t.is(better.code, 0);
  const { newlyPassing, same } = JSON.parse(better.stdout) as { newlyPassing: Array<{ id: string }>; same: number };
  t.deepEqual([newlyPassing.map(({ id }) => id), same], [['push/upload-begins'], 1]);
});

test('a comparison says which file is no report', async (t) => {
  const { stowage, home } = await userOf(t, { address: 'http://127.0.0.1:1' });
  const missing = await stowage('verify', 'diff', join(home, 'a.json'), join(home, 'b.json'));
  t.is(missing.code, 4);
  t.regex(missing.stderr, /a\.json does not exist/);
  const other = await stowage('verify', 'diff', 'package.json', 'package.json');
  t.is(other.code, 2);
  t.regex(other.stderr, /package\.json is not a report of "stowage verify"/);
});
