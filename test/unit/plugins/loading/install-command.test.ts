import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { startProcess } from '../../../helpers/processes/run-process.ts';
import { driverSource, folderWith } from './fixture-folder.ts';

test('the command for a missing schema library works as it stands, in a folder with nothing but the driver', async (t) => {
  const folder = await folderWith(t, {
    // A package above, into which npm would install without --prefix.
    'package.json': '{"name":"above"}',
    'library/package.json': '{"name":"valid-or-not","version":"1.0.0","type":"module","exports":"./index.js"}',
    'library/index.js': `export const anything = { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } };`,
  });
  const place = join(folder, "the operator's drivers");
  await mkdir(place);
  const definition = driverSource('tape', 'options: anything,');
  await writeFile(join(place, 'tape.mjs'), `import { anything } from 'valid-or-not';\nexport default ${definition};\n`);
  const load = () => loadDriver('./tape.mjs', {}, { at: 'storage.tape', baseFolder: place, warn: () => {} });

  const { message } = await t.throwsAsync(load(), { instanceOf: PluginLoadError });
  const [, command = ''] = /\n {2}remedy: (npm install .* valid-or-not)\n/.exec(message) ?? [];
  // The test has no registry: the package comes from its folder.
  const local = command.replace(/valid-or-not$/, `${join(folder, 'library')} --install-links --offline --no-audit`);
  const installed = await startProcess('sh', ['-c', local], { cwd: '/' }).finished;
  t.is(installed.code, 0, `${local}\n${installed.stderr}`);

  // In a process that has not yet looked for the package.
  const script = `const { loadDriver } = await import(${JSON.stringify(new URL('../../../../plugins/loading/load-driver.js', import.meta.url).href)});
    const driver = await loadDriver('./tape.mjs', {}, { at: 'storage.tape', baseFolder: ${JSON.stringify(place)}, warn: () => {} });
    console.log(driver.name);`;
  const loaded = await startProcess(process.execPath, ['--input-type=module', '-e', script], { cwd: '/' }).finished;
  t.is(loaded.stdout, 'tape\n', loaded.stderr);
});
