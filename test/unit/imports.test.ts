import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startNode } from '../helpers/processes/run-process.ts';

const SCRIPT = 'dist/test/helpers/running/import-modules.js';

async function compiledModules(pattern: string): Promise<string[]> {
  const files: string[] = [];
  // Declarations of types have no code.
  for await (const file of glob(pattern, { exclude: ['**/*.d.ts'] }))
    files.push(join(process.cwd(), 'dist', file.replace(/\.ts$/, '.js')));
  return files;
}

test('no module of core, plugins, drivers, client, server or verify does anything at import', async (t) => {
  const files = await compiledModules('{core,plugins,drivers,client,server,verify}/**/*.ts');
  t.true(files.length > 300, `${files.length} modules`);
  const { stdout, stderr } = await startNode([SCRIPT, ...files]).finished;
  t.is(stderr, '');
  t.deepEqual(JSON.parse(stdout), {});
});
