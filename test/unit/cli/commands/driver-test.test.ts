import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { summaryOf } from '../../../../cli/driver/test-summary.ts';
import { GROUPS } from '../../../../testing/driver-case.ts';
import { GUARANTEES } from '../../../../testing/guarantees.ts';
import type { ProvedCase } from '../../../../testing/prove-driver.ts';
import { FAST_DISK, tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type Finished, startNode } from '../../../helpers/processes/run-process.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const BROKEN = fileURLToPath(new URL('../../testing/broken-drivers.js', import.meta.url));

function driverTest(...args: readonly string[]): Promise<Finished> {
  return driverTestIn(FAST_DISK, args);
}

/** @param temp where temporary folders are made */
function driverTestIn(temp: string, args: readonly string[]): Promise<Finished> {
  return startNode([resolve('dist/bundle/bin.js'), 'driver', 'test', ...args], { TMPDIR: temp }).finished;
}

interface Report {
  readonly versions: Readonly<Record<string, unknown>>;
  readonly driver: {
    readonly spec: string;
    readonly name: string;
    readonly capabilities: { readonly shared: boolean };
  };
  readonly groups: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly results: readonly {
    readonly group: string;
    readonly title: string;
    readonly outcome: string;
    readonly durationMs: number;
    readonly message?: string;
  }[];
}

async function reportIn(file: string): Promise<Report> {
  return JSON.parse(await readFile(file, 'utf8')) as Report;
}

test('the filesystem driver passes every group in folders of its own, which are gone in the end', async (t) => {
  const temp = await tempRoot(t, FAST_DISK);
  const report = join(await tempRoot(t), 'report.json');
  const args = ['filesystem', '--options', '{"rootdirectory": "{temp}/root"}', '--report', report];
  const { code, stdout, stderr } = await driverTestIn(temp, args);
  t.is(code, 0, stdout + stderr);
  t.is(stderr, '');
  t.deepEqual(await readdir(temp), []);
  t.regex(stdout, /^Storage driver filesystem, contract 1$/m);
  t.regex(stdout, /^GROUP +RESULT +MS +CASE$/m);
  t.regex(stdout, /^durability +ok +\d+ {2}the effects of calls that have resolved survive a killed process$/m);
  t.regex(
    stdout,
    /^contract +not demanded +\d+ {2}the URL of a redirect serves the content and its size \(RedirectURL\)$/m,
  );
  t.regex(stdout, /^\d+ ok, 0 failed, \d+ not demanded$/m);
  const { versions, driver, groups, counts, results } = await reportIn(report);
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  t.deepEqual(versions, { stowage: version, node: process.versions.node, contract: 1 });
  t.deepEqual([driver.spec, driver.name, driver.capabilities.shared], ['filesystem', 'filesystem', true]);
  t.deepEqual(
    groups,
    GROUPS.filter((group) => group !== 'large'),
  );
  t.deepEqual([...new Set(results.map(({ group }) => group))], [...groups]);
  t.is(results.length, (counts['ok'] ?? 0) + (counts['not demanded'] ?? 0));
  t.true(results.every(({ title, durationMs }) => title !== '' && durationMs >= 0));
});

test('one store is left as empty as it was, and holds nothing of the cases', async (t) => {
  const root = join(await tempRoot(t, FAST_DISK), 'root');
  const options = join(await tempRoot(t), 'options.yml');
  await writeFile(options, `rootdirectory: ${root}\n`);
  const { code, stdout } = await driverTest('filesystem', '--options', options, '--group', 'ordering,durability');
  t.is(code, 0, stdout);
  t.deepEqual(
    (await readdir(root)).filter((name) => name !== '.stowage'),
    [],
  );
  t.notRegex(stdout, /^contract /m);
});

test('a store that is not empty is refused and stays as it is', async (t) => {
  const root = await tempRoot(t);
  await mkdir(join(root, 'docker'));
  await writeFile(join(root, 'docker', 'image'), 'precious');
  const { code, stdout, stderr } = await runInProcess([
    'driver',
    'test',
    'filesystem',
    '--options',
    JSON.stringify({ rootdirectory: root }),
  ]);
  t.is(code, 2);
  t.is(stdout, '');
  t.regex(stderr, /^stowage: the store is not empty: it holds "docker"\. .*nothing was deleted/);
  t.is(await readFile(join(root, 'docker', 'image'), 'utf8'), 'precious');
});

test('a failed case exits with 1, and the table, the text and the report name the broken guarantee', async (t) => {
  const report = join(await tempRoot(t), 'report.json');
  const { code, stdout } = await driverTest(
    BROKEN,
    '--options',
    join(await named(t), 'o'),
    '--group',
    'ordering',
    '--report',
    report,
  );
  t.is(code, 1);
  t.regex(stdout, /^ordering +failed +\d+ {2}names come in byte order/m);
  t.regex(
    stdout,
    /^ {2}The driver breaks what StorageDriver\.list guarantees: "The direct children of `folder` by name/m,
  );
  t.regex(stdout, /^0 ok|^\d+ ok, [1-9]\d* failed/m);
  const { results } = await reportIn(report);
  const failed = results.find(({ outcome }) => outcome === 'failed');
  t.true(failed?.message?.includes('in byte order'));
});

/** A folder with options for the broken driver that lists in another order. */
async function named(t: Parameters<typeof tempRoot>[0]): Promise<string> {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'o'), '"lists in another order"\n');
  return folder;
}

test('a failure is printed below its case, and the summary fits 24 lines of 80 columns', async (t) => {
  const options = join(await named(t), 'o');
  const { code, stdout } = await runInProcess(['driver', 'test', BROKEN, '--options', options, '--case', 'order']);
  t.is(code, 1);
  t.regex(
    stdout,
    /\nordering +failed +\d+ {2}names come in byte order.*\n {2}The driver breaks what .*\n {2}the list has "b" /,
  );
  const summary = stdout.slice(stdout.lastIndexOf('GROUP')).trimEnd().split('\n');
  t.true(summary.length <= 24, String(summary.length));
  t.true(summary.every((line) => line.length <= 80));
  t.regex(summary.join('\n'), /\nfailed: ordering: names come in byte order, files and folders mixed\n/);
});

test('--bail begins no further case once one has failed', async (t) => {
  const options = join(await named(t), 'o');
  const args = ['driver', 'test', BROKEN, '--options', options, '--group', 'ordering,registry', '--bail'];
  const { code, stdout } = await runInProcess(args);
  t.is(code, 1);
  t.regex(stdout, /^\d+ cases? not run, because of --bail\n\d+ ok, 1 failed, /m);
  t.notRegex(stdout, /^registry /m);
});

test('--json prints the report on standard output, and each case on standard error when it has ended', async (t) => {
  const { code, stdout, stderr } = await runInProcess([
    'driver',
    'test',
    'inmemory',
    '--case',
    'STAT gives*move',
    '--json',
  ]);
  t.is(code, 0);
  const { driver, counts, results } = JSON.parse(stdout) as Report;
  t.is(driver.spec, 'inmemory');
  t.deepEqual(counts, { ok: 1, failed: 0, 'not demanded': 0 });
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.deepEqual(
    lines,
    results.map((result) => ({ type: 'case', ...result })),
  );
});

test('the summary of a driver that fails everything fits a screen', (t) => {
  const results = GROUPS.flatMap((group) =>
    Array.from({ length: 30 }, (_, index): ProvedCase => {
      const title = `${'a very long title '.repeat(9)}${index}`;
      return { group, title, guarantee: GUARANTEES.list, outcome: 'failed', durationMs: 1_000_000, message: 'no' };
    }),
  );
  const lines = summaryOf(results, 7).trim().split('\n');
  t.true(lines.length <= 24, String(lines.length));
  t.true(lines.every((line) => line.length <= 80));
  t.is(lines.at(-1), '0 ok, 270 failed, 0 not demanded');
});

const WRONG: ReadonlyArray<readonly [what: string, args: readonly string[], message: RegExp]> = [
  ['a driver that is not there', ['nosuch'], /^driver test: storage driver "nosuch" is not installed\n {2}tried: /],
  ['a file that is no driver', [resolve('dist/cli/usage-error.js')], /does not define any storage driver/],
  ['a driver that cannot start', [BROKEN, '--options', '{}'], /no driver \[object Object\]/],
  ['a wrong option', ['filesystem', '--options', '{"rootdir": "x"}'], /--options\.rootdir: unknown key/],
  [
    'a report that cannot be written',
    ['inmemory', '--report', '/nonexistent/report.json'],
    /--report names a file that cannot/,
  ],
  ['options that are no JSON', ['memory', '--options', '{"a'], /^stowage: --options takes JSON, or a file .*: .+/],
  ['a file of options that is not there', ['memory', '--options', 'nowhere.yml'], /nowhere\.yml is neither: ENOENT/],
  ['a case that is not there', ['memory', '--case', 'nosuch'], /--case "nosuch" matches no case of contract, /],
  [
    'a case of another group',
    ['memory', '--case', 'stat gives', '--group', 'streams'],
    /--case "stat gives" matches no case of streams; it matches a case of visibility/,
  ],
  ['an unknown group', ['memory', '--group', 'stream'], /unknown group "stream", did you mean "streams"\?/],
];

for (const [what, args, message] of WRONG) {
  test(`${what} exits with 2 and says so`, async (t) => {
    const { code, stdout, stderr } = await runInProcess(['driver', 'test', ...args]);
    t.is(code, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, message);
  });
}
