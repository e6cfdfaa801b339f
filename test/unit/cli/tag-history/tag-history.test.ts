import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { artifact, push } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { expectStatus, withRegistry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const MAINTENANCE = { taghistory: { keep: '720h' } };
const [FIRST, SECOND] = [artifact(), artifact({ annotations: { is: 'second' } })];

for (const what of ['through its admin API', 'through its storage'] as const) {
  test(`the history of the tags of a registry is shown ${what}`, async (t) => {
    const folder = await tempRoot(t);
    const others = { admin: { enabled: true } };
    const registry = await withRegistry(t, { storage: { filesystem: {}, maintenance: MAINTENANCE }, folder, others });
    const path = join(folder, 'commands.yml');
    const storage = { filesystem: { rootdirectory: registry.root }, maintenance: MAINTENANCE };
    await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' } }));
    const { host } = new URL(registry.address);
    const isLocal = what === 'through its storage';
    const target = isLocal ? [path] : ['--registry', host];
    const history = (...args: string[]) => runInProcess(['tag', 'history', ...args, ...target]);
    t.like(await history('team/app'), { code: 0, stdout: '' });
    await push(registry, 'team/app', FIRST, 'v1');
    await push(registry, 'team/app', SECOND, 'v1');
    await push(registry, 'team/app', SECOND, 'latest');
    const { stdout } = await history('team/app:v1');
    t.is(stdout.trim().split('\n').length, 3);
    t.regex(
      stdout,
      new RegExp(`v1 +\\S+Z +- +${FIRST.digest} +${SECOND.digest} *\nv1 +\\S+Z +- +- +${FIRST.digest} *\n`),
    );
    const { moves } = JSON.parse((await history('team/app', '--json')).stdout) as {
      moves: { at: string; tag: string }[];
    };
    t.deepEqual(
      moves.map(({ tag }) => tag),
      ['latest', 'v1', 'v1'],
    );
    const created = moves[2]?.at ?? '';
    const reference = `${isLocal ? '' : `${host}/`}team/app@${FIRST.digest}`;
    t.like(await history('team/app:v1', '--at', created), { code: 0, stdout: `${reference}\n` });
    const json = await history('team/app:v1', '--at', created, '--json');
    t.deepEqual(JSON.parse(json.stdout), {
      repository: 'team/app',
      tag: 'v1',
      at: created,
      digest: FIRST.digest,
      reference,
    });
    const early = await history('team/app:v1', '--at', '2020-01-01');
    t.like(early, { code: 4, stdout: '' });
    t.regex(early.stderr, /the history of this tag begins at/);
    expectStatus(await registry.ask('DELETE', `/v2/team/app/manifests/${FIRST.digest}`), 202);
    const gone = await history('team/app:v1', '--at', created);
    t.is(gone.code, 4);
    t.regex(gone.stderr, new RegExp(`${FIRST.digest}, which is gone; .*stowage undelete`));
    for (const wrong of [
      ['team/app:v1', '--at', 'noon'],
      ['team/app', '--at', '2026-01-01'],
      ['Team'],
      ['team/app:v1:v2'],
      ['team/app:'],
    ])
      t.is((await history(...wrong)).code, 2, wrong.join(' '));
  });
}

for (const what of ['through its admin API', 'through its storage'] as const) {
  test(`a tag of a registry is pointed back to what it was ${what}`, async (t) => {
    const folder = await tempRoot(t);
    const others = { admin: { enabled: true } };
    const registry = await withRegistry(t, { storage: { filesystem: {}, maintenance: MAINTENANCE }, folder, others });
    const path = join(folder, 'commands.yml');
    const storage = { filesystem: { rootdirectory: registry.root }, maintenance: MAINTENANCE };
    const base = { version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' } };
    await writeFile(path, JSON.stringify(base));
    const isLocal = what === 'through its storage';
    const target = isLocal ? [path] : ['--registry', new URL(registry.address).host];
    const restore = (...args: string[]) => runInProcess(['tag', 'restore', ...args, ...target]);
    await push(registry, 'team/app', FIRST, 'v1');
    const at = new Date().toISOString();
    await push(registry, 'team/app', SECOND, 'v1');
    const again = `team/app:v1 points to ${FIRST.digest} again, instead of ${SECOND.digest}\n`;
    t.like(await restore('team/app:v1', '--at', at), { code: 0, stdout: again });
    t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, FIRST.body);
    const already = `team/app:v1 points to ${FIRST.digest} already\n`;
    t.like(await restore('team/app:v1', '--at', at), { code: 0, stdout: already });
    const { moves } = JSON.parse((await runInProcess(['tag', 'history', 'team/app', '--json', ...target])).stdout) as {
      moves: { command?: string; to: string }[];
    };
    t.is(moves.length, 3);
    t.like(moves[0], { to: FIRST.digest, ...(isLocal && { command: 'stowage' }) });
    expectStatus(await registry.ask('DELETE', '/v2/team/app/manifests/v1'), 202);
    const json = await restore('team/app:v1', '--at', at, '--json');
    t.deepEqual(JSON.parse(json.stdout), { repository: 'team/app', tag: 'v1', at, digest: FIRST.digest });
    t.like(await restore('team/app:v1', '--at', '2020-01-01'), { code: 4, stdout: '' });
    for (const wrong of [['team/app:v1'], ['team/app:v1', '--at', 'noon'], ['team/app', '--at', '2026-01-01']])
      t.is((await restore(...wrong)).code, 2, wrong.join(' '));
    if (!isLocal) return;
    await push(registry, 'team/app', SECOND, 'v1');
    const readonly = { ...storage, maintenance: { ...MAINTENANCE, readonly: { enabled: true } } };
    await writeFile(path, JSON.stringify({ ...base, storage: readonly }));
    t.is((await restore('team/app:v1', '--at', at)).code, 2);
    const middleware = { registry: [{ name: 'immutable-tags', options: { tags: ['v*'] } }] };
    await writeFile(path, JSON.stringify({ ...base, middleware }));
    const refused = await restore('team/app:v1', '--at', at);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /immutable/);
    t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, SECOND.body);
  });
}
