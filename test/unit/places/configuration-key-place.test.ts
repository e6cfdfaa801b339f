import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { describe } from '../../../server/config/engine/description.ts';
import { keysOf } from '../../../server/config/engine/documented-keys.ts';
import { findEffects, findStops, moveAliases } from '../../../server/config/engine/effects.ts';
import { applyEnvironment, type Environment } from '../../../server/config/engine/environment.ts';
import { checkProtections, protectionsOf } from '../../../server/config/engine/protections.ts';
import { readYaml } from '../../../server/config/engine/read-yaml.ts';
import { duration, text } from '../../../server/config/engine/scalars.ts';
import { group, section, setting, structureOf } from '../../../server/config/engine/schema.ts';
import { MapNode } from '../../../server/config/engine/tree.ts';
import { unknownKey } from '../../../server/config/engine/unknown-key.ts';
import { configurationSchema } from '../../../server/config/sections/index.ts';

/** One more section, as its author would write it into a file of its own. */
const dummy = group({
  grace: setting(duration, { default: '3s', reloads: true, kept: 'valued', description: 'how long to wait' }),
  patience: setting(duration, { deprecated: 'dummy.grace', moves: true, description: 'old name of `dummy.grace`' }),
  miracle: setting(text, { stops: 'this version does none; remove it', description: 'what it will do some day' }),
});

const structure = structureOf(configurationSchema);
const schema = section({ ...(structure.kind === 'section' && structure.shape), dummy });

function read(file: string, env: Environment = {}): { root: MapNode; warnings: readonly string[]; problems: string[] } {
  const { root } = readYaml(`version: 0.1\nstorage: {inmemory: {}}\n${file}`, (line) => ({ line }));
  if (!(root instanceof MapNode)) throw new Error('the file is not a map');
  const given = protectionsOf(root, schema, (path) => path.join('.'));
  const { warnings } = applyEnvironment(root, { schema, normalize: () => undefined }, env);
  const found = [...findStops(root, schema), ...checkProtections(root, schema, given)];
  return { root, warnings, problems: found.map(({ path, message }) => `${path.join('.')}: ${message}`) };
}

function valueIn(root: MapNode): unknown {
  moveAliases(root, schema);
  return schema.parse(root)['dummy'];
}

test('a key that stands in its section is read from the file, from variables and from its old name', (t) => {
  t.like(valueIn(read('').root), { grace: 3_000 });
  t.like(valueIn(read('dummy: {grace: 5s}').root), { grace: 5_000 });
  t.like(valueIn(read('dummy: {patience: 7s}').root), { grace: 7_000 });
  t.like(valueIn(read('', { REGISTRY_DUMMY_GRACE: '9s' }).root), { grace: 9_000 });
});

test('its notes alone make it stop a start, keep the value of the file, and warn of its old name', (t) => {
  t.deepEqual(read('dummy: {miracle: now}').problems, ['dummy.miracle: this version does none; remove it']);
  t.deepEqual(read('dummy: {grace: }').problems, ['dummy.grace: has no value; give it one, or remove the key']);
  t.regex(read('dummy: {grace: 5s}', { REGISTRY_DUMMY_GRACE: '' }).problems.join(), /dummy\.grace: is set in the file/);
  const { warnings } = findEffects(read('dummy: {patience: 7s}').root, schema);
  t.deepEqual(warnings, [{ path: ['dummy', 'patience'], message: 'is deprecated, use dummy.grace' }]);
});

test('it is suggested for a typing error, described and documented', (t) => {
  t.is(unknownKey(schema, ['dummy'], 'grcae'), 'unknown key, did you mean "grace"?');
  t.deepEqual(read('', { REGISTRY_DUMMY_GRCAE: '9s' }).warnings, [
    'REGISTRY_DUMMY_GRCAE: ignored, did you mean REGISTRY_DUMMY_GRACE?',
  ]);
  t.regex(
    describe(schema, read('').root, () => false),
    /^dummy:\n {2}grace: 3s$/m,
  );
  const documented = keysOf(schema).find(({ key }) => key === 'dummy.grace');
  t.like(documented, { type: 'duration', defaultText: '3s', description: 'how long to wait', reloads: true });
});

test('no code outside its section names a key, but for the page about the keys of distribution', async (t) => {
  const folders = [
    'cli',
    'core',
    'docs/generator',
    'drivers',
    'plugins',
    'server',
    'testing',
    ':!**/distribution-keys.ts',
  ];
  const { stdout } = await promisify(execFile)('git', ['grep', '-lw', 'blobdescriptorsize', '--', ...folders]);
  t.is(stdout, 'server/config/sections/storage.ts\n');
});
