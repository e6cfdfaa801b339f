import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import { changedRegistry } from '../../../helpers/running/changed-registry.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

for (const [rule, message] of [
  [['--include', '['], /"\[" is not a tag pattern: "\]" is missing/],
  [['--exclude', '{a,b'], /"\{a,b" is not a tag pattern: "\}" is missing/],
  [['--include', 'v1/*'], /no tag contains "\/"/],
  [['--include', ''], /it is empty/],
  [['--semver', 'nonsense'], /--semver takes a range of versions, not "nonsense"/],
  [['--newest', '0'], /--newest takes a whole number/],
] as const) {
  test(`sync ${rule.join(' ')} ends with 2 and the reason, before anything is asked`, async (t) => {
    const { code, stderr } = await runInProcess(['sync', '127.0.0.1:1/app', '127.0.0.1:1/mirror', ...rule]);
    t.is(code, 2, stderr);
    t.regex(stderr, message);
  });
}

test('a selection without a tag ends with 4, and says what is there', async (t) => {
  const { registry, host, stowage, home } = await clientCommands(t);
  for (const tag of ['a', 'b', 'c', 'd', 'e', 'f']) await registry.pushImage('team/app', tag);
  const none = await stowage('sync', `${host}/team/app`, `${host}/mirror`, '--semver', '>=1');
  t.is(none.code, 4);
  t.is(none.stdout, '');
  t.regex(none.stderr, /^stowage: none of the 6 tags of \S+\/team\/app is selected; there are a, b, c, d, e, …$/m);
  const all = await stowage('sync', '-r', `${host}/team`, `${host}/mirror`, '--include', 'x*');
  t.is(all.code, 4);
  const empty = await stowage('sync', `oci:${join(home, 'nothing')}`, `${host}/mirror`);
  t.is(empty.code, 4, empty.stderr);
  const nobody = await stowage('sync', '-r', `${host}/nobody`, `${host}/mirror`);
  t.is(nobody.code, 4);
  t.regex(nobody.stderr, /there is no repository under \S+\/nobody/);
});

for (const json of [[], ['--json']]) {
  test(`a sync that fails halfway prints what it has copied ${json.join('')}`, async (t) => {
    const { registry, host, stowage } = await changedRegistry(t, ({ manifests }) => ({
      manifests: Object.assign(Object.create(manifests) as typeof manifests, {
        get: (name: never, reference: never, ...rest: never[]) =>
          JSON.stringify(reference).includes('"b"')
            ? Promise.reject(new RegistryError('DENIED'))
            : manifests.get(name, reference, ...rest),
      }),
    }));
    for (const tag of ['a', 'b', 'c']) await registry.pushImage('app', tag);
    const { code, stdout, stderr } = await stowage('sync', `${host}/app`, `${host}/mirror`, '-q', ...json);
    t.is(code, 5, stderr);
    if (json.length === 0) t.regex(stdout, /^\S+\/mirror:a@sha256:\S+\n$/);
    else t.like(JSON.parse(stdout), { images: [{ name: 'a' }], failed: [{ name: 'b' }] });
  });
}

for (const [target, message] of [
  ['store:config.yml//app:v1', /"stowage copy" writes to registries and stores/],
  ['localhost:5000/x:y', /"stowage copy" writes to registries and stores, and oci:<folder>\[:<tag>\] names/],
  ['docker://localhost:5000/x', /"stowage copy" writes/],
  ['quay.io/team/app', /"stowage copy" writes .*, and oci:quay\.io\/team\/app is a folder/],
  ['localhost/app', /"stowage copy" writes/],
  ['app.tar', /write oci-archive:app\.tar or docker-archive:app\.tar/],
] as const) {
  test(`pull to ${target} is refused, and says what to use`, async (t) => {
    const { registry, host, stowage } = await clientCommands(t);
    await registry.pushImage('app', 'v1');
    const before = await readdir('.');
    const { code, stderr } = await stowage('pull', `${host}/app:v1`, target);
    t.is(code, 2);
    t.regex(stderr, message);
    t.deepEqual(await readdir('.'), before);
  });
}

for (const source of ['store:config.yml//app:v1', 'localhost:5000/x:y', 'docker://localhost:5000/x']) {
  test(`push of ${source} is refused, and says what to use`, async (t) => {
    const { code, stderr } = await runInProcess(['push', source, '127.0.0.1:1/app']);
    t.is(code, 2);
    t.regex(stderr, /"stowage copy" takes from anywhere/);
  });
}

test('a push of a path where nothing is ends with 4', async (t) => {
  const { code, stderr } = await runInProcess(['push', '/nowhere/at/all', '127.0.0.1:1/app']);
  t.is(code, 4);
  t.regex(stderr, /there is no \/nowhere\/at\/all; write oci:<folder>/);
});
