import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseCommandLine } from '../../../../cli/command-line.ts';
import { runJob } from '../../../../cli/commands/run.ts';
import { JOB_NAMES } from '../../../../cli/jobs/known-job.ts';
import { artifact, descriptorOf, push, referrersOf } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { type Finished, startNode } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const CLI = 'dist/bundle/bin.js';

interface World {
  /** Serves the storage on which the commands run. */
  readonly registry: Registry;
  readonly stowage: (...args: string[]) => Promise<Finished>;
  /** The same in a process of its own, whose log is in its output. */
  readonly process: (...args: string[]) => Promise<Finished>;
}

/** A registry, and commands on its storage with their own configuration. */
async function world(
  t: ExecutionContext,
  maintenance: Readonly<Record<string, unknown>> = {},
  others: Readonly<Record<string, unknown>> = {},
): Promise<World> {
  const folder = await tempRoot(t);
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  const path = join(folder, 'jobs.yml');
  const storage = { filesystem: { rootdirectory: registry.root }, maintenance };
  const log = { level: 'error' };
  const http = { addr: '127.0.0.1:0', secret: 'x' };
  await writeFile(path, JSON.stringify({ version: 0.1, log, storage, http, ...others }));
  return {
    registry,
    stowage: (...args) => runInProcess([...args, path]),
    process: (...args) => startNode([CLI, ...args, path]).finished,
  };
}

const AT_ONCE = { uploadpurging: { enabled: false, age: '1ms' } };

test('a job runs beside a registry: a dry run changes nothing, and the real one reports its changes', async (t) => {
  const { registry, process } = await world(t, AT_ONCE);
  const upload = await registry.sendChunk(await registry.startUpload('app'), 'bytes');
  const dry = await process('run', 'upload-purge', '--dry-run');
  t.like(dry, { code: 0, stderr: '' });
  t.regex(dry.stdout, /^upload-purge: removed 1, failed 0; dry run, nothing was changed \(\S+ s\)\n$/);
  t.is((await registry.ask('GET', upload)).status, 204);
  const real = await process('run', 'upload-purge');
  t.like(real, { code: 0, stderr: '' });
  t.regex(real.stdout, /^upload-purge: removed 1, failed 0 \(\S+ s\)\n$/);
  t.is((await registry.ask('GET', upload)).status, 404);
});

test('the list of jobs says when each runs, and after a run its outcome and the time of the next one', async (t) => {
  const { stowage } = await world(t, { uploadpurging: { interval: '36h30m' } });
  const before = await stowage('jobs');
  t.deepEqual(before, {
    code: 0,
    stderr: '',
    stdout: `upload-purge: removes abandoned uploads
  runs: every 36h30m
  last run: none
  next run: due; the next instance that checks runs it
gc: removes blobs that no manifest needs, while the registry serves
  runs: by "stowage run gc"
  last run: none
scrub: verifies what is stored, and quarantines damaged content; reads every byte
  runs: by "stowage run scrub"
  last run: none
retention: removes tags by the rules of retention
  runs: by "stowage run retention"
  last run: none
referrer-rebuild: lists referrers that another program stored; reads every manifest
  runs: by "stowage run referrer-rebuild"
  last run: none
tag-cleanup: removes tags without a link, which a crash leaves; reads every tag
  runs: by "stowage run tag-cleanup"
  last run: none
tag-history: removes old records of the history of tags
  runs: by "stowage run tag-history"
  last run: none
repository-changes: completes deletes and renames of repositories
  runs: every 15m
  last run: none
  next run: due; the next instance that checks runs it
`,
  });
  t.is((await stowage('run', 'upload-purge')).code, 0);
  const { stdout } = await stowage('jobs');
  const [, ended = '', next = ''] =
    /last run: completed (\S+) after \S+ s; removed 0, failed 0\n {2}next run: (\S+)\n/.exec(stdout) ?? [];
  t.is(Date.parse(next) - Date.parse(ended), 36.5 * 3_600_000, stdout);
});

test('referrers are rebuilt by their job', async (t) => {
  const { registry, stowage } = await world(t);
  const subject = descriptorOf(artifact({ annotations: { is: 'the subject' } }));
  await push(registry, 'app', artifact({ subject }));
  const { stdout, code } = await stowage('run', 'referrer-rebuild');
  t.is(code, 0);
  t.regex(stdout, /^referrer-rebuild: repositories 1, entries 1, unreadable 0 \(\S+ s\)\n$/);
  t.is((await referrersOf(registry, 'app', subject.digest)).digests.length, 1);
});

test('a run by hand does all of the work, and one with --resume what an earlier run has left', async (t) => {
  const { registry, stowage } = await world(t);
  for (const name of ['app', 'other']) await push(registry, name, artifact());
  const folder = join(registry.root, 'docker/registry/v2/_jobs/referrer-rebuild');
  const interrupt = async (): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'checkpoint'),
      JSON.stringify({ value: { repository: 'app' }, begunAtMs: Date.now() - 60_000 }),
    );
  };
  const rebuilt = async (...options: string[]): Promise<string> => {
    const { code, stdout, stderr } = await stowage('run', 'referrer-rebuild', ...options);
    t.like({ code, stderr }, { code: 0, stderr: '' });
    return stdout;
  };
  await interrupt();
  t.regex(await rebuilt('--resume'), /: repositories 1, /);
  t.regex(await rebuilt('--resume'), /: repositories 2, /);
  await interrupt();
  t.regex(await rebuilt(), /: repositories 2, /);
});

test('commands that run jobs do not load what only serves requests', async (t) => {
  const { stowage } = await world(t, {}, { auth: { './absent-access.mjs': {} } });
  t.like(await stowage('jobs'), { code: 0, stderr: '' });
  t.is((await stowage('run', 'upload-purge')).code, 0);
  t.is((await stowage('check-config', '--connect')).code, 2);
});

test('a read-only registry refuses a job that changes content, and says what is possible', async (t) => {
  const { stowage } = await world(t, { readonly: { enabled: true } });
  t.deepEqual(await stowage('run', 'upload-purge'), {
    code: 1,
    stdout: '',
    stderr: 'stowage: upload-purge was not run: the registry is read-only; --dry-run shows what it would change\n',
  });
  t.is((await stowage('run', 'upload-purge', '--dry-run')).code, 0);
});

test('what may be collected is printed in the words of distribution; what is young stays', async (t) => {
  const { registry, stowage } = await world(t);
  await registry.pushImage('app', 'v1');
  const digest = await registry.pushBlob('app', 'nothing needs it');
  const young = await stowage('gc', '--dry-run');
  t.like(young, { code: 0, stderr: '' });
  t.regex(young.stdout, /^gc: .*young 1, .*removedContents 0, .*; dry run, nothing was changed/);
  const old = new Date(Date.now() - 120_000);
  for (const path of await readdir(registry.root, { recursive: true }))
    await utimes(join(registry.root, path), old, old);
  const { code, stdout, stderr } = await stowage('garbage-collect', '-d');
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const [empty, summary, blob] = stdout.split('\n');
  t.deepEqual(
    [empty, summary, blob],
    ['', '3 blobs marked, 1 blobs and 0 manifests eligible for deletion', `blob eligible for deletion: ${digest}`],
  );
  t.deepEqual(await stowage('garbage-collect', '-d', '-q'), { code: 0, stdout: '', stderr: '' });
});

test('a collection by hand obeys the limit of its calls that the command was given, or else the configured one', async (t) => {
  const { registry, stowage } = await world(t, { gc: { callrate: 100 } });
  await registry.pushImage('app', 'v1');
  for (const [options, leastMs] of [
    [[], 150],
    [['--call-rate=50'], 300],
  ] as const) {
    const startedAt = performance.now();
    t.is((await stowage('garbage-collect', '--dry-run', '--quiet', ...options)).code, 0);
    const took = performance.now() - startedAt;
    t.true(took >= leastMs, `${options.join(' ')}: ${took} ms`);
  }
});

test('an unknown job is a wrong usage that names the jobs', async (t) => {
  const { stowage } = await world(t);
  t.deepEqual(await stowage('run', 'upload-purg'), {
    code: 2,
    stdout: '',
    stderr:
      'stowage: unknown job "upload-purg", expected one of upload-purge, gc, scrub, retention, referrer-rebuild, tag-cleanup, tag-history, repository-changes; see stowage run --help\n',
  });
});

for (const [what, args, said] of [
  [
    'forgotten',
    ['run', 'jobs.yml'],
    'the name of a job is missing before "jobs.yml", expected one of upload-purge, gc, scrub, retention, referrer-rebuild, tag-cleanup, tag-history, repository-changes: the command is "stowage run <job> [config.yml]"; see stowage run --help',
  ],
  [
    'after the file',
    ['run', './jobs.yml', 'upload-purge'],
    'the job "upload-purge" must come before "./jobs.yml": the command is "stowage run <job> [config.yml]"; see stowage run --help',
  ],
  [
    'mistyped before a file that is not there',
    ['run', 'upload-purg', './none.yml'],
    'unknown job "upload-purg", expected one of upload-purge, gc, scrub, retention, referrer-rebuild, tag-cleanup, tag-history, repository-changes; see stowage run --help',
  ],
] as const) {
  test(`a job that is ${what} is a wrong usage, before any file is opened`, async (t) => {
    const { code, stdout, stderr } = await runInProcess(args);
    t.deepEqual({ code, stdout, stderr }, { code: 2, stdout: '', stderr: `stowage: ${said}\n` });
  });
}

test('every job can be run', async (t) => {
  const { stowage } = await world(t);
  const { stdout } = await stowage('jobs');
  t.deepEqual(
    Array.from(stdout.matchAll(/^([\w-]+): /gm), ([, name]) => name),
    JOB_NAMES,
  );
});

for (const command of [['run', 'upload-purge'], ['jobs'], ['rebuild-referrers']]) {
  test(`"${command.join(' ')}" refuses a root that does not exist, and does not create it`, async (t) => {
    const folder = await tempRoot(t);
    const path = join(folder, 'jobs.yml');
    const storage = { filesystem: { rootdirectory: join(folder, 'mistyped') } };
    await writeFile(path, JSON.stringify({ version: 0.1, storage }));
    const { code, stdout, stderr } = await runInProcess([...command, path]);
    t.like({ code, stdout }, { code: 2, stdout: '' });
    t.true(stderr.includes(`cannot use "${folder}/mistyped" as the root: it does not exist`), stderr);
    t.deepEqual(await readdir(folder), ['jobs.yml']);
  });
}

test('commands for jobs say nothing about the secret of upload tokens, which they do not use', async (t) => {
  const folder = await tempRoot(t);
  const path = join(folder, 'jobs.yml');
  await writeFile(path, JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory: folder } } }));
  for (const command of [['run', 'upload-purge'], ['jobs']]) {
    const { code, stdout, stderr } = await startNode([CLI, ...command, path]).finished;
    t.is(code, 0, stderr);
    t.notRegex(stdout + stderr, /secret/);
  }
});

test('the arguments name the job and the file, or the variable names the file', (t) => {
  const env = { REGISTRY_CONFIGURATION_PATH: 'b.yml' };
  t.deepEqual(parseCommandLine(['run', 'tidy', 'a.yml', '--dry-run'], env), {
    kind: 'run',
    job: 'tidy',
    dryRun: true,
    path: 'a.yml',
  });
  t.deepEqual(parseCommandLine(['run', 'tidy'], env), { kind: 'run', job: 'tidy', dryRun: false, path: 'b.yml' });
  t.deepEqual(parseCommandLine(['run', '--resume', 'tidy'], {}), {
    kind: 'run',
    job: 'tidy',
    dryRun: false,
    resumes: true,
    path: undefined,
  });
  t.deepEqual(parseCommandLine(['jobs', 'a.yml'], env), { kind: 'jobs', path: 'a.yml' });
  t.deepEqual(parseCommandLine(['jobs'], {}), { kind: 'jobs', path: undefined });
  t.deepEqual(parseCommandLine(['run', '--help'], {}), { kind: 'help', command: runJob });
});

for (const [args, message] of [
  [['run'], /^the name of a job is missing/],
  [['run', 'tidy', 'a.yml', 'b'], /^unexpected argument "b"$/],
  [['run', 'tidy', ''], /^the path of the configuration is empty$/],
  [['jobs', 'a.yml', 'b'], /^unexpected argument "b"$/],
  [['run', 'tidy', '--resume', '--dry-run'], /^--resume and --dry-run exclude each other/],
  [['jobs', '--dry-run'], /^"jobs" has no option --dry-run$/],
  [['run', 'tidy', '--force'], /--force/],
] as const) {
  test(`"stowage ${args.join(' ')}" is a wrong usage of jobs`, (t) => {
    t.throws(() => parseCommandLine(args, {}), { name: 'UsageError', message });
  });
}
