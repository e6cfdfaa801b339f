import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { digestOf, imageOf } from './client.ts';
import { collectGarbage, findDistribution, scrub, serve } from './registries.ts';

const needs = [
  ...missingPackages({ 'docker-registry': 'docker-registry' }),
  ...(findDistribution() === undefined ? ['go install distribution'] : []),
];
const test = testsThatNeed(needs, {
  describe: (count) => `all ${count} tests of quarantine beside distribution`,
  isSerial: true,
});

const IMAGE = imageOf('damaged');
const [, LAYER = Buffer.alloc(0)] = IMAGE.blobs;
const HEX = digestOf(LAYER).slice(7);

for (const by of ['docker-registry', 'distribution'] as const) {
  test(`${by} does not serve what is in quarantine, leaves it alone, and repairs it by a push`, async (t) => {
    const root = join(await tempRoot(t), 'root');
    const stowage = await serve(t, 'stowage', root);
    await stowage.push('app', 'v1', IMAGE);
    const layout = join(root, 'docker/registry/v2');
    await writeFile(join(layout, 'blobs/sha256', HEX.slice(0, 2), HEX, 'data'), 'damaged');
    t.is((await scrub(t, root)).code, 9);

    const other = await serve(t, by, root);
    for (const registry of [stowage, other]) await registry.ask('GET', `/v2/app/blobs/sha256:${HEX}`, 404);
    t.deepEqual(await other.json('/v2/_catalog'), { repositories: ['app'] });
    await collectGarbage(t, root, { by, untagged: false });
    const kept = join(layout, '_quarantine/sha256', HEX);
    t.is((await readdir(kept)).length, 1);

    await other.push('app', 'v1', IMAGE);
    for (const registry of [stowage, other]) t.deepEqual(await registry.bytes(`/v2/app/blobs/sha256:${HEX}`), LAYER);
    const { code, stdout } = await scrub(t, root);
    t.is(code, 0, stdout);
    t.regex(stdout, /^content-repaired sha256:\w+ \(removed\): /m);
    await t.throwsAsync(readdir(kept), { code: 'ENOENT' });
  });
}

test('a root that distribution has filled is verified without a finding', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const other = await serve(t, 'distribution', root);
  await other.push('app', 'v1', IMAGE);
  await other.push('team/other', 'v1', imageOf('other'));
  const { code, stdout } = await scrub(t, root);
  t.is(code, 0);
  t.regex(stdout, /^verified 8 blobs, .*\ndamage: 0; remarks: 0\n$/);
});
