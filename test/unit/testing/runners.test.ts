import { writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { casesOf } from '../../../testing/all-cases.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { type Finished, startNode } from '../../helpers/processes/run-process.ts';
import { entriesAtLength } from '../../helpers/running/length.ts';

const FOLDER = fileURLToPath(new URL('runners/', import.meta.url));

interface Runner {
  /** Returns the arguments for node, and may write a configuration into `folder`. */
  readonly args: (folder: string) => Promise<readonly string[]>;
  /** Its message when all of so many tests have passed. */
  readonly passed: (count: number) => RegExp;
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  ava: {
    args: async (folder) => {
      const config = join(folder, 'ava.config.mjs');
      const files = [relative(resolve('.'), join(FOLDER, 'ava.js'))];
      await writeFile(config, `export default ${JSON.stringify({ files, timeout: '1m' })};\n`);
      return [resolve('node_modules/ava/entrypoints/cli.js'), '--config', config];
    },
    passed: (count) => new RegExp(`^ +${count} tests passed$`, 'm'),
  },
  'node:test': {
    args: async () => ['--test', join(FOLDER, 'node.js')],
    passed: (count) => new RegExp(`^ℹ pass ${count}$`, 'm'),
  },
  vitest: {
    args: async (folder) => {
      const config = join(folder, 'vitest.config.mjs');
      const run = { include: [join(FOLDER, 'vitest.js')], root: FOLDER, cache: false };
      await writeFile(config, `export default ${JSON.stringify({ test: run, cacheDir: join(folder, 'cache') })};\n`);
      return [resolve('node_modules/vitest/vitest.mjs'), 'run', '--config', config];
    },
    passed: (count) => new RegExp(`Tests +${count} passed \\(${count}\\)`),
  },
};

async function runWith(t: ExecutionContext, { args }: Runner, driver: string): Promise<Finished> {
  const folder = await tempRoot(t);
  const env = { KIT_DRIVER: driver, HOME: folder, NO_COLOR: '1', CI: '1' };
  return startNode(await args(folder), env).finished;
}

for (const [name, runner] of entriesAtLength(Object.entries(RUNNERS), 1)) {
  test.serial(`the kit runs under ${name}, and the memory driver passes every case`, async (t) => {
    const { code, stdout, stderr } = await runWith(t, runner, 'memory');
    t.is(code, 0, stdout + stderr);
    t.regex(stdout, runner.passed(casesOf().length));
  });

  test.serial(`under ${name} a driver that breaks a guarantee fails, and the guarantee is shown`, async (t) => {
    const { code, stdout, stderr } = await runWith(t, runner, 'broken');
    t.is(code, 1);
    t.regex(stdout + stderr, /The driver breaks what StorageDriver\.list guarantees: "The direct children of/);
  });
}
