import test from 'ava';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { warnOfOpenRegistry } from '../../../../server/lifecycle/warn-of-open-registry.ts';

async function warningsOf(...keys: readonly string[]): Promise<string[]> {
  const text = ['version: 0.1', 'storage: {inmemory: {}}', ...keys].join('\n');
  const { configuration } = await loadConfiguration({ path: 'config.yml', text, env: {} });
  const said: string[] = [];
  warnOfOpenRegistry(configuration, { warn: (_, message) => void said.push(message) });
  return said;
}

test('an open registry on all interfaces is a warning that says who may do what, and how to change it', async (t) => {
  for (const host of ['', '0.0.0.0', '[::]'])
    t.deepEqual(await warningsOf(`http: {addr: "${host}:5000"}`), [
      'listens on all interfaces without access control: anyone who can reach port 5000 may push and pull; configure auth, or set http.addr to 127.0.0.1:5000',
    ]);
  t.regex(
    (await warningsOf('http: {addr: ":80"}', 'admin: {enabled: true}'))[0] ?? '',
    /may push, pull and administrate it; configure auth/,
  );
  t.regex((await warningsOf('http: {addr: "192.0.2.1:80"}'))[0] ?? '', /^listens on 192\.0\.2\.1 without/);
});

test('a registry that only this machine reaches needs no warning', async (t) => {
  for (const http of [
    '{addr: "127.0.0.1:5000"}',
    '{addr: "localhost:5000"}',
    '{addr: "[::1]:5000"}',
    '{addr: /run/s, net: unix}',
  ])
    t.deepEqual(await warningsOf(`http: ${http}`), []);
});
