import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import immutableTags from '../../../../plugins/registry-wrappers/immutable-tags/index.ts';
import { loadConfiguration } from '../../../../server/config/index.ts';

const PAGE = join(import.meta.dirname, '../../../../../docs/plugins/registry-wrappers.md');

test('the examples of the page are valid', async (t) => {
  const page = await readFile(PAGE, 'utf8');
  const [whole = '', single = ''] = Array.from(page.matchAll(/```yaml\n(.*?)```/gs), ([, text = '']) => text);
  const text = `version: 0.1\nstorage: inmemory\n${whole}`;
  const { configuration } = await loadConfiguration({ path: 'config.yml', text, env: {} });
  const [{ options }] = parse(single) as [{ options: unknown }];
  for (const shown of [configuration.registryWrappers[0]?.options, options]) {
    const { issues } = await immutableTags.options['~standard'].validate(shown);
    t.is(issues, undefined);
  }
});
