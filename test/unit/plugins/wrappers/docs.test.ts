import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { KINDS } from '../../../../plugins/kinds/index.ts';
import type { PluginDefinition } from '../../../../plugins/plugin.ts';

/** A wrapper as an example names it. */
interface Example {
  readonly name: string;
  readonly options?: unknown;
}

const PAGE = join(import.meta.dirname, '../../../../../docs/plugins/wrappers.md');

/** Every wrapper in an example of the page. */
async function examples(): Promise<Example[]> {
  const page = await readFile(PAGE, 'utf8');
  return Array.from(page.matchAll(/```yaml\n(.*?)```/gs), ([, text = '']) => parse(text) as unknown).flatMap((yaml) =>
    Array.isArray(yaml) ? (yaml as Example[]) : (yaml as { middleware: { storage: Example[] } }).middleware.storage,
  );
}

test('each wrapper has an example on its page, and its options are valid', async (t) => {
  const shown = await examples();
  const names = Object.keys(KINDS['driver-wrapper'].builtIn);
  t.deepEqual([...new Set(shown.map(({ name }) => name))].sort(), names.toSorted());
  for (const { name, options } of shown) {
    const module = (await KINDS['driver-wrapper'].builtIn[name]?.()) as { default: PluginDefinition };
    const { issues } = await module.default.options['~standard'].validate(options ?? {});
    t.is(issues, undefined, `${name}: ${JSON.stringify(issues)}`);
  }
});

test('each option of a wrapper is on the page', async (t) => {
  const page = await readFile(PAGE, 'utf8');
  const options = ['baseurl', 'scheme', 'host', 'trimpathprefix', 'folder', 'maxsize', 'minfilesize', 'maxfilesize'];
  const rates = [
    'keys',
    'keys[].id',
    'keys[].file',
    'keys[].command',
    'callspersecond',
    'readcallspersecond',
    'bytespersecond',
    'writebytespersecond',
    'maxwait',
  ];
  for (const option of [...options, ...rates, 'interval', 'allow', 'seed', 'faults'])
    t.true(page.includes(`\n| \`${option}\` `), option);
});
