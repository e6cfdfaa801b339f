import { readFileSync } from 'node:fs';
import test from 'ava';
import { KINDS } from '../../../plugins/kinds/index.ts';
import { DRIVERS } from '../../../plugins/kinds/storage-driver.ts';
import { documentedKeys } from '../../../server/config/index.ts';

const page = readFileSync('docs/coming-from-distribution.md', 'utf8');

/** What is below a heading, up to the next one. */
function below(heading: string): string {
  return page.split(`\n${heading}\n`)[1]?.split(/\n##+ /)[0] ?? '';
}

/** The names after `prefix` in the first cells of a table, each with whether the other cell calls it refused. */
function refusals(part: string, prefix: string): [name: string, isRefused: boolean][] {
  const rows = part.matchAll(/^\| (.*?) \| (.*) \|$/gm);
  return Array.from(rows, ([, names = '', fate = '']) =>
    Array.from(names.matchAll(new RegExp(`\`${prefix}\\.([a-z0-9]+)\``, 'g')), ([, name = '']): [string, boolean] => [
      name,
      fate.includes('refused'),
    ]),
  ).flat();
}

for (const [prefix, heading, builtIn] of [
  ['storage', '### Drivers', DRIVERS.builtIn],
  ['auth', '### Access control and middleware', KINDS['access-controller'].builtIn],
] as const) {
  test(`the page calls each name below ${prefix} refused that this version lacks, and no other`, (t) => {
    const told = refusals(below(heading), prefix);
    t.true(told.length > 3);
    for (const [name, isRefused] of told) t.is(isRefused, !Object.hasOwn(builtIn, name), `${prefix}.${name}`);
  });
}

test('what the page calls missing stops the start', (t) => {
  const missing = below('## Is it for you?');
  for (const [name, key] of Object.entries({
    proxy: 'proxy.remoteurl',
    'notifications.endpoints': 'notifications.endpoints',
    'http.tls.letsencrypt': 'http.tls.letsencrypt.email',
    'policy.repository.classes': 'policy.repository.classes',
  })) {
    t.true(missing.includes(`\`${name}\``), name);
    t.is(documentedKeys().find((documented) => documented.key === key)?.inEffect, 'not yet: stops the start', key);
  }
});
