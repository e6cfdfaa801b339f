import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { artifact, push } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import type { Finished } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const NEWEST = [{ name: 'newest', repositories: ['team/*'], tags: ['v*'], keep: { newest: 1 } }];

interface World {
  readonly registry: Registry;
  readonly folder: string;
  readonly stowage: (args: readonly string[], input?: string) => Promise<Finished>;
}

/** A registry with tags of `team/app`, and commands on its storage with rules. */
async function world(t: ExecutionContext, others: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  for (const [index, tag] of ['v1', 'v2', 'main'].entries()) {
    await push(registry, 'team/app', artifact(), tag);
    const time = new Date(Date.UTC(2026, 0, index + 1));
    const link = `docker/registry/v2/repositories/team/app/_manifests/tags/${tag}/current/link`;
    await utimes(join(registry.root, link), time, time);
  }
  const path = join(folder, 'retention.yml');
  const http = { addr: '127.0.0.1:0', secret: 'x' };
  const storage = { filesystem: { rootdirectory: registry.root } };
  await writeFile(path, JSON.stringify({ version: 0.1, storage, http, retention: { rules: NEWEST }, ...others }));
  const stowage = (args: readonly string[], input?: string): Promise<Finished> =>
    runInProcess(
      args.map((arg) => (arg === 'config.yml' ? path : arg)),
      {},
      input,
    );
  return { registry, folder, stowage };
}

async function tagsOf({ registry }: World): Promise<unknown> {
  const { text } = await registry.ask('GET', '/v2/team/app/tags/list');
  return (JSON.parse(text) as { readonly tags: unknown }).tags;
}

test('a dry run of retention lists what would go by repository, and a run removes it and keeps a record', async (t) => {
  const folder = await tempRoot(t);
  const file = join(folder, 'audit.log');
  const here = await world(t, { log: { level: 'error', audit: { file } } });
  const dry = await here.stowage(['run', 'retention', '--dry-run', 'config.yml']);
  t.is(dry.code, 0, dry.stderr);
  t.regex(
    dry.stdout,
    /^team\/app: 1 of 3 tags would be removed\n {2}v1: goes \(newest\): nothing in the rule keeps it\nretention: .*removed 1,.*dry run/,
  );
  t.deepEqual(await tagsOf(here), ['main', 'v1', 'v2']);
  const run = await here.stowage(['run', 'retention', 'config.yml']);
  t.is(run.code, 0, run.stderr);
  t.regex(
    run.stdout,
    /^retention: repositories 1, tags 3, removed 1, changed 0, protected 0, failed 0, removedFrom \{"team\/app":1\}/,
  );
  t.deepEqual(await tagsOf(here), ['main', 'v2']);
  const [line = ''] = (await readFile(file, 'utf8')).split('\n');
  const record = JSON.parse(line) as object;
  t.like(record, { action: 'delete', user: 'retention', repository: 'team/app', tag: 'v1', rule: 'newest' });
});

test('tags that the policy makes immutable stay', async (t) => {
  const rules = [{ repositories: ['**'], authenticated: true, allow: ['pull'] }];
  const here = await world(t, {
    auth: { silly: { realm: 'here', service: 'this' } },
    authorization: { rules, immutabletags: [{ tags: ['v1'] }] },
  });
  t.regex((await here.stowage(['run', 'retention', 'config.yml'])).stdout, /removed 0/);
  const explained = await here.stowage(['retention', 'explain', 'team/app:v1', 'config.yml']);
  t.like(explained, { code: 0, stdout: 'v1: stays (newest): it is immutable\n' });
});

test('"retention explain" says of stored tags whether they stay', async (t) => {
  const here = await world(t);
  const all = await here.stowage(['retention', 'explain', 'team/app', 'config.yml']);
  t.is(
    all.stdout,
    'main: stays: no rule matches it\nv1: goes (newest): nothing in the rule keeps it\nv2: stays (newest): it was pushed last\n',
  );
  const one = await here.stowage(['retention', 'explain', 'team/app:v2', 'config.yml', '--json']);
  t.deepEqual(JSON.parse(one.stdout), {
    tag: 'v2',
    stays: true,
    rule: 'newest',
    reason: 'it was pushed last',
    pushed: '2026-01-02T00:00:00.000Z',
  });
  t.like(await here.stowage(['retention', 'explain', 'team/app:v9', 'config.yml']), { code: 4 });
  t.like(await here.stowage(['retention', 'explain', 'team/other', 'config.yml']), { code: 4 });
  t.regex((await here.stowage(['retention', 'explain', 'other', 'config.yml'])).stdout, /no rule is for other/);
  t.like(await here.stowage(['retention', 'explain', 'team/app:', 'config.yml']), { code: 2 });
});

for (const [what, input, problem] of [
  ['what is no tag', 'v1\n-x\n', /line 2 of standard input: "-x" is no tag/],
  ['what is no time', 'v1 yesterday\n', /line 1 of standard input: expected a tag and a time/],
  ['a tag twice', 'v1\nv1\n', /line 2 of standard input: "v1" is there twice/],
] as const) {
  test(`"retention test" refuses ${what}`, async (t) => {
    const here = await world(t);
    const finished = await here.stowage(['retention', 'test', 'config.yml', '--repository', 'team/app'], input);
    t.is(finished.code, 2);
    t.regex(finished.stderr, problem);
  });
}

test('"retention test" needs a repository, a real time and rules', async (t) => {
  const here = await world(t);
  t.like(await here.stowage(['retention', 'test', 'config.yml']), { code: 2 });
  t.like(await here.stowage(['retention', 'test', 'config.yml', '--repository', 'A']), { code: 2 });
  t.like(await here.stowage(['retention', 'test', 'config.yml', '--repository', 'a', '--at', 'now']), { code: 2 });
  const without = await world(t, { retention: undefined });
  const finished = await without.stowage(['retention', 'test', 'config.yml', '--repository', 'a'], 'v1\n');
  t.like(finished, { code: 2 });
  t.regex(finished.stderr, /has no rules of retention: every tag stays/);
  t.like(await without.stowage(['run', 'retention', 'config.yml']), { code: 1 });
});
