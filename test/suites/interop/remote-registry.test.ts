import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { bodyOf, openRemote } from '../../helpers/client/open-remote.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { checkImage } from './check-image.ts';
import { findDistribution, type Kind, serve } from './registries.ts';

const NAME = parseRepositoryName('team/app');
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };

const needs: Readonly<Record<Kind, readonly string[]>> = {
  stowage: [],
  'docker-registry': missingPackages({ 'docker-registry': 'docker-registry' }),
  distribution:
    findDistribution() === undefined ? ['go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2'] : [],
};

for (const kind of Object.keys(needs) as Kind[]) {
  // It comes by `go install` only, so that a machine without Go cannot have it.
  if (kind === 'distribution' && needs[kind].length > 0) {
    process.stderr.write(`Not tested: a client with distribution 3, which needs ${needs[kind].join()}\n`);
    continue;
  }
  const test = testsThatNeed(needs[kind], { describe: (count) => `all ${count} tests of a client with ${kind}` });

  test(`an image goes to ${kind} and comes back, in chunks, mounted, by tag and by digest`, async (t) => {
    const { url } = await serve(t, kind, join(await tempRoot(t), 'root'));
    await checkImage(t, openRemote(t, url));
  });

  test(`an upload to ${kind} resumes in another client`, async (t) => {
    const { url } = await serve(t, kind, join(await tempRoot(t), 'root'));
    const bytes = Buffer.alloc(500_000, kind);
    const begun = await openRemote(t, url).layers.upload(NAME);
    await begun.append({ body: bodyOf(bytes.subarray(0, 200_000)), range: { start: 0, end: 200_000 } });
    const state = await begun.close();
    const { layers } = openRemote(t, url);
    await using upload = await layers.resume(NAME, state);
    t.is(upload.size, 200_000);
    await upload.finishWith(
      { body: bodyOf(bytes.subarray(200_000)), range: { start: 200_000, end: bytes.length } },
      digestOf(bytes),
    );
    const layer = await layers.fetch(NAME, digestOf(bytes));
    t.deepEqual(Buffer.concat(await (await layer.open()).toArray()), bytes);
  });

  test(`${kind} lets in who has the password, and says what it refuses`, async (t) => {
    const folder = await tempRoot(t);
    await writeFile(join(folder, 'users'), `ann:${(await hash('secret', 4)).replace('$2b$', '$2y$')}\n`);
    const auth = { htpasswd: { realm: 'here', path: join(folder, 'users') } };
    const { url } = await serve(t, kind, join(folder, 'root'), { auth });
    const user = (password: string) => ({ find: async () => ({ username: 'ann', password, origin: 'a test' }) });
    await checkImage(t, openRemote(t, url, { credentials: user('secret') }));
    await t.throwsAsync(openRemote(t, url).ping(), { code: 'UNAUTHORIZED' });
    await t.throwsAsync(openRemote(t, url, { credentials: user('wrong') }).tags.list(NAME, ALL), {
      code: 'UNAUTHORIZED',
      message: /UNAUTHORIZED/,
    });
  });
}
