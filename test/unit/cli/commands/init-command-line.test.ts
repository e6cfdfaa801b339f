import test from 'ava';
import { parseCommandLine } from '../../../../cli/command-line.ts';
import { init } from '../../../../cli/commands/init.ts';

const NOTHING = { host: 'localhost', storage: undefined, redis: undefined };

test('init takes a scenario, and a folder or none', (t) => {
  const command = { kind: 'init', scenarios: new Set(['local']), ...NOTHING };
  t.deepEqual(parseCommandLine(['init', 'local'], {}), { ...command, folder: '.' });
  t.deepEqual(parseCommandLine(['init', 'local', 'here'], {}), { ...command, folder: 'here' });
});

test('init takes several scenarios and its options in any order', (t) => {
  const args = ['--redis', '[::1]:6379', 'tls,htpasswd,cluster', '--host=a.example.com', 'here', '--storage', '/srv'];
  t.deepEqual(parseCommandLine(['init', ...args], {}), {
    kind: 'init',
    scenarios: new Set(['tls', 'htpasswd', 'cluster']),
    folder: 'here',
    host: 'a.example.com',
    storage: '/srv',
    redis: '[::1]:6379',
  });
});

for (const host of ['a', 'a.example.com', '192.0.2.1', '::1', '2001:db8::1']) {
  test(`${host} is a host`, (t) => {
    t.like(parseCommandLine(['init', 'tls', '--host', host], {}), { host });
  });
}

test('init --help asks for help', (t) => {
  for (const args of [['--help'], ['local', '-h']])
    t.deepEqual(parseCommandLine(['init', ...args], {}), { kind: 'help', command: init });
});

const WRONG: ReadonlyArray<readonly [args: readonly string[], message: RegExp]> = [
  [[], /^no scenario; there are local, tls, htpasswd, cluster$/],
  [['cloud'], /^unknown scenario "cloud" \(there are local, /],
  [['htpaswd'], /^unknown scenario "htpaswd", did you mean "htpasswd"\?/],
  [['tls,'], /^unknown scenario ""/],
  [['local,tls'], /^local goes with no other scenario/],
  [['local', 'a', 'b'], /^unexpected argument "b"$/],
  [['local', ''], /^the path of a folder is empty$/],
  [['local', '--storage', ''], /^the path of a folder is empty$/],
  [['local', '--host', 'a'], /^local takes no --host/],
  [['tls', '--host', 'a b'], /^--host takes a name or an address, not "a b"$/],
  [['tls', '--host', '$(reboot)'], /^--host takes a name/],
  [['tls', '--host', 'https://a'], /^--host takes a name/],
  [['tls', '--host', 'a'.repeat(100_000)], /^--host takes a name/],
  [['tls', '--redis', 'a:1'], /^--redis is for the scenario cluster$/],
  [['cluster', '--redis', 'a'], /^--redis takes host:port, not "a"$/],
  [['local', '--force'], /--force/],
];
for (const [args, message] of WRONG) {
  test(`"stowage init ${args.join(' ').slice(0, 60)}" is a wrong usage: ${String(message).slice(0, 30)}`, (t) => {
    t.throws(() => parseCommandLine(['init', ...args], {}), { name: 'UsageError', message });
  });
}
