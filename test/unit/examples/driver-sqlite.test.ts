import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { guardDriver } from '../../../core/driver/index.ts';
import sqlite from '../../../examples/driver-sqlite/src/index.ts';
import { at, bodyOf, content, readAll } from '../../../testing/driver-case.ts';
import { driverSuite } from '../../../testing/index.ts';
import { parseOptions, pluginContext } from '../../helpers/drivers/driver-options.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { atLength } from '../../helpers/running/length.ts';

driverSuite({
  groups: atLength({ full: undefined, short: ['contract', 'ordering', 'visibility', 'faults'] }),
  test: (title, run) => test(title, (t) => t.notThrowsAsync(run)),
  module: import.meta.resolve('../../../examples/driver-sqlite/src/index.js'),
  create: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-sqlite-'));
    const options = { file: join(folder, 'registry.db') };
    const driver = await sqlite.create(options, pluginContext());
    return {
      driver,
      options,
      dispose: async () => {
        await driver[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  },
});

test('the source has fewer than 250 lines, and imports node and stowage/driver only', async (t) => {
  const folder = join(import.meta.dirname, '../../../../examples/driver-sqlite/src');
  const files = await readdir(folder);
  const sources = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const lines = sources.join('').split('\n').length - 1;
  t.true(lines < 250, `it has ${lines} lines`);
  const imports = sources.flatMap((source) =>
    [...source.matchAll(/^(?:import|}) .*?from '(.*?)';$/gm)].map(([, from]) => from),
  );
  t.true(imports.length > files.length);
  t.deepEqual(
    [...new Set(imports)].filter((from) => !/^(?:node:[\w/]+|stowage\/driver|\.\/[\w-]+\.ts)$/.test(from ?? '')),
    [],
  );
});

test('every wrong option is named', async (t) => {
  t.deepEqual((await parseOptions(sqlite, { file: 'registry.db' })).value, { file: 'registry.db' });
  for (const wrong of [undefined, null, {}, { file: '' }, { file: 7 }, 'registry.db']) {
    t.deepEqual((await parseOptions(sqlite, wrong)).issues.at(0), 'file: must name the database file');
  }
  t.deepEqual((await parseOptions(sqlite, { fiel: 'x' })).issues, [
    'file: must name the database file',
    'fiel: is unknown; the only option is "file"',
  ]);
});

test('a relative file starts at the folder of the configuration, and a second driver sees what the first has written', async (t) => {
  const baseFolder = await tempRoot(t);
  const open = async () =>
    guardDriver(await sqlite.create({ file: 'registry.db' }, { ...pluginContext(), baseFolder }));
  await using first = await open();
  await using second = await open();
  await using begun = await first.openWriter(at('/upload/data'), { append: false });
  await begun.append(bodyOf(content(3_000_000)));
  await using gone = await second.openWriter(at('/upload/data'), { append: true });
  t.is(gone.size, 3_000_000);
  await gone.commit();
  t.true((await readAll(first, '/upload/data', 1_000_000)).equals(content(3_000_000).subarray(1_000_000)));
  await t.throwsAsync(begun.append(bodyOf(content(1))), { message: /conflict/ });
  t.true((await readdir(baseFolder)).includes('registry.db'));
});
