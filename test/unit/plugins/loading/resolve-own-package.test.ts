import { join } from 'node:path';
import test from 'ava';
// The one that is published: a plugin gets the same.
import { RegistryError } from 'stowage/plugin';
import { parseStoragePath } from '../../../../core/driver/index.ts';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { requestWith } from '../../../helpers/plugins/access-request.ts';
import { driverSource, folderWith } from './fixture-folder.ts';

const SINK = `definePlugin({
  kind: 'access-controller',
  name: 'closed',
  contract: PLUGIN_CONTRACT,
  options: { '~standard': { version: 1, vendor: 'fixture', validate: (value) => ({ value }) } },
  module: () => bindPort(ACCESS_CONTROLLER, { authorize: async () => { throw new RegistryError('DENIED'); } }),
})`;
const NAMES = '{ ACCESS_CONTROLLER, bindPort, definePlugin, PLUGIN_CONTRACT, RegistryError }';

const FORMS = {
  'import in an ES module': ['closed.mjs', `import ${NAMES} from 'stowage/plugin';\nexport default ${SINK};`],
  'require() in CommonJS': ['closed.cjs', `const ${NAMES} = require('stowage/plugin');\nmodule.exports = ${SINK};`],
  'import() in CommonJS': [
    'late.cjs',
    `module.exports = { ...${SINK.replace('definePlugin', '')
      .replace('PLUGIN_CONTRACT', '1')
      .replace('module: () =>', `module: async () => { const ${NAMES} = await import('stowage/plugin'); return`)
      .replace('}),\n})', '}); },\n})')} };`,
  ],
  'import in TypeScript': ['closed.mts', `import ${NAMES} from 'stowage/plugin';\nexport default ${SINK};`],
} as const;
for (const [what, [file, text]] of Object.entries(FORMS)) {
  test(`a plugin file with no Stowage beside it gets stowage/plugin by ${what}`, async (t) => {
    const folder = await folderWith(t, { [file]: text });
    const place = { at: 'plugins[0]', baseFolder: folder, warn: () => {} };
    const { ports } = await loadPlugin({ ...place, kind: 'access-controller', name: `./${file}`, options: {} });
    const refusal = ports['access-controller'].authorize(requestWith(), []);
    await t.throwsAsync(refusal, { instanceOf: RegistryError, code: 'DENIED' });
  });
}

const PLACE = { at: 'storage.tape', warn: () => {} };

test('a driver file with no Stowage beside it gets stowage/driver', async (t) => {
  const folder = await folderWith(t, {
    'tape.mjs': `import { defineDriver, DRIVER_CONTRACT } from 'stowage/driver';
      export default defineDriver(${driverSource('tape', 'contract: DRIVER_CONTRACT,')});`,
  });
  const driver = await loadDriver('./tape.mjs', { size: 5 }, { ...PLACE, baseFolder: folder });
  t.is((await driver.stat(parseStoragePath('/a')))?.size, 5);
});

test('a Stowage that is installed beside the plugin takes precedence', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/stowage/package.json': '{"name":"stowage","exports":{"./driver":"./other.mjs"}}',
    'node_modules/stowage/other.mjs': `export const NAME = 'of-the-neighbour';`,
    'tape.mjs': `import { NAME } from 'stowage/driver';
      const definition = ${driverSource('tape')};
      export default { ...definition, create: async (...given) => ({ ...(await definition.create(...given)), name: NAME }) };`,
  });
  const driver = await loadDriver('./tape.mjs', {}, { ...PLACE, baseFolder: folder });
  t.is(driver.name, 'of-the-neighbour');
});

for (const [form, file, head] of [
  ['import', 'tape.mjs', `import { z } from 'zod'; export default `],
  ['require()', 'tape.cjs', `const { z } = require('zod'); module.exports = `],
] as const) {
  test(`a driver file with no zod beside it gets that of Stowage by ${form}`, async (t) => {
    const options = 'options: z.strictObject({ size: z.number() }),';
    const folder = await folderWith(t, { [file]: `${head}${driverSource('tape', options)};` });
    const driver = await loadDriver(`./${file}`, { size: 5 }, { ...PLACE, baseFolder: folder });
    t.is((await driver.stat(parseStoragePath('/a')))?.size, 5);
    const refused = loadDriver(`./${file}`, { size: 'large' }, { ...PLACE, baseFolder: folder });
    const { message } = await t.throwsAsync(refused, { instanceOf: PluginLoadError });
    t.regex(message, /storage\.tape\.size: .*expected number/);
  });
}

test('a zod that is installed beside the plugin takes precedence', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/zod/package.json': '{"name":"zod","exports":"./index.mjs"}',
    'node_modules/zod/index.mjs': `export const NAME = 'of-the-neighbour';`,
    'tape.mjs': `import { NAME } from 'zod';
      const definition = ${driverSource('tape')};
      export default { ...definition, create: async (...given) => ({ ...(await definition.create(...given)), name: NAME }) };`,
  });
  const driver = await loadDriver('./tape.mjs', {}, { ...PLACE, baseFolder: folder });
  t.is(driver.name, 'of-the-neighbour');
});

for (const specifier of ['stowage', 'stowage/server', 'stowage/dist/server/main.js', 'stowage-driver']) {
  test(`a plugin does not get ${specifier}, which is not offered to any`, async (t) => {
    const folder = await folderWith(t, { 'tape.mjs': `import '${specifier}';` });
    const error = await t.throwsAsync(loadDriver('./tape.mjs', {}, { ...PLACE, baseFolder: folder }), {
      instanceOf: PluginLoadError,
    });
    t.is(error.code, 'dependency-missing');
    t.true(error.message.includes(join(folder, 'tape.mjs')));
  });
}
