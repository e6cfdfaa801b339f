import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { documentedDrivers } from '../../../docs/generator/documented-drivers.ts';
import { capabilityTable, driverTable } from '../../../docs/generator/drivers.ts';
import { BUILTIN_DRIVERS, type BuiltinDriver } from '../../../drivers/builtin-drivers.ts';
import memory from '../../../drivers/memory/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { namesIn } from '../../../plugins/kinds/plugin-family.ts';
import { driverFamily } from '../../../plugins/kinds/storage-driver.ts';

/** One more driver, as its author would enter it. */
const DUMMY: BuiltinDriver = {
  name: 'dummy',
  aliases: ['dumb'],
  summary: 'nowhere',
  packages: ['@dummy/sdk'],
  load: async () => ({ default: { ...memory, name: 'dummy' } }),
  sample: async () => new MemoryDriver(),
};
const WITH_DUMMY = [...BUILTIN_DRIVERS, DUMMY];

test('an entry in the table of drivers is found by the loader, known to the configuration and documented', async (t) => {
  const family = driverFamily(WITH_DUMMY);
  t.is(family.builtIn['dummy'], DUMMY.load);
  t.is(family.builtIn['dumb'], DUMMY.load);
  t.true(namesIn(family).includes('dummy'));
  t.regex(await capabilityTable(documentedDrivers(WITH_DUMMY)), /\| \[`dummy`\]\(dummy\.md\)/);
  t.regex(driverTable(WITH_DUMMY), /\| `dummy` \(or `dumb`\) +\| nowhere +\| \[docs\/drivers\/dummy\.md\]/);
});

test('no code outside its folder and its entry in the table names a driver', async (t) => {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z'], { maxBuffer: 2 ** 24 });
  const code = stdout
    .split('\0')
    .filter((file) =>
      /^(?:core|drivers|plugins|server|cli|testing|docs)\/.*\.(?:ts|js)$|^[^/]*\.(?:cjs|js)$/.test(file),
    );
  const naming: string[] = [];
  for (const file of code) {
    if (file.startsWith('drivers/gcs/')) continue;
    if (/['"`/]gcs['"`/]/.test(await readFile(file, 'utf8'))) naming.push(file);
  }
  t.deepEqual(naming, ['drivers/builtin-drivers.ts']);
});
