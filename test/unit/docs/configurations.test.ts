import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import test from 'ava';
import { isMap, isSeq, parseDocument } from 'yaml';
import { PluginLoadError } from '../../../plugins/loading/plugin-load-error.ts';
import { checkStart } from '../../../server/composition/start-problems.ts';
import { loadConfiguration } from '../../../server/config/index.ts';

const pages = globSync(
  ['*.md', '.github/*.md', '{bench,cli,client,core,docs,drivers,examples,plugins,server,test,testing}/**/*.md'],
  { exclude: ['**/node_modules/**', '**/dist/**'] },
);

interface Example {
  /** The page and the line of the first line of YAML. */
  readonly place: string;
  readonly page: string;
  readonly text: string;
}

async function examplesOf(page: string): Promise<Example[]> {
  const text = await readFile(page, 'utf8');
  // A block may name its file; then only a `config.yml` is a configuration.
  return Array.from(
    text.matchAll(/^( *)```ya?ml(?: .*config\.yml)?\n([^]*?)^ *```$/gm),
    ({ index, 1: indent = '', 2: yaml = '' }) => ({
      place: `${page}:${text.slice(0, index).split('\n').length + 1}`,
      page,
      text: yaml.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The keys of `storage` that are no driver. */
const NO_DRIVERS = ['cache', 'delete', 'maintenance', 'redirect', 'tag'];

/** A part of a configuration as a whole one; a list is one of the wrappers that the page is about. */
function completed({ page, text }: Pick<Example, 'page' | 'text'>): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  if (isSeq(document.contents)) {
    const kind = page === 'docs/plugins/registry-wrappers.md' ? 'registry' : 'storage';
    return completed({ page, text: `middleware:\n  ${kind}:\n${text.replaceAll(/^/gm, '    ')}` });
  }
  if (!document.has('version')) document.set('version', '0.1');
  if (!document.has('storage')) document.set('storage', document.createNode({}));
  const storage = document.get('storage');
  const hasDriver = isMap(storage) && storage.items.some(({ key }) => !NO_DRIVERS.includes(String(key)));
  if (!hasDriver) document.setIn(['storage', 'inmemory'], document.createNode({}));
  return String(document);
}

for (const example of (await Promise.all(pages.map(examplesOf))).flat()) {
  const { place, page, text } = example;
  test(`the configuration in ${place} is one that the registry understands`, async (t) => {
    t.deepEqual(parseDocument(text).errors, []);
    const loaded = await loadConfiguration({ path: `${dirname(page)}/config.yml`, text: completed(example), env: {} });
    const { problems } = await checkStart(loaded);
    // Packages and files of the examples are not here.
    t.deepEqual(
      problems.filter((problem) => problem instanceof PluginLoadError && problem.code === 'wrong-options'),
      [],
    );
  });
}
