import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { before, inRegistry, operatedRegistry } from './pages/operated-registry.ts';
import { stepsOf } from './pages/page-steps.ts';

const needs = missingPackages({ curl: 'curl', openssl: 'openssl', skopeo: 'skopeo' });
const test = testsThatNeed(needs, {
  describe: (count) => `the commands of ${count} pages about operations`,
  isSerial: true,
});

const FOLDER = 'docs/operations';
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

/** What is not run here, and why. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^(?:export REGISTRY_HTTP_SECRET|docker compose|for i in 1 2 3; do docker|kubectl)\b/, 'needs Docker or Kubernetes'],
  [/\bdocker\.io\//, 'needs the Internet'],
  [/^stowage quarantine (?:release|drop)\b/, 'needs damaged content: test/unit/server/routes/admin'],
  [/^stowage repository withdraw\b/, 'needs a change that cannot go on: test/unit/cli/repositories'],
  [/^REGISTRY_\w+=\S+ .*stowage serve\b/, 'serves until it is stopped; it is started below'],
];

/** Commands that may say with their exit code that something is not as it should be, and the codes. */
const OTHER_CODES: readonly (readonly [RegExp, readonly number[]])[] = [
  // A registry that this process does not serve, without TLS and log-in, is no finding of the test.
  [/^stowage doctor\b/, [0, 1]],
];

/** The programs that pages use; a page that needs another one adds it here with what it needs. */
const PROGRAMS = /^(?:stowage|curl|mkdir|openssl|tar|for part in|docker pull)\b/;

/** The commands of a page; those of lists are indented. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(FOLDER, page), 'utf8');
  return stepsOf(text.replaceAll(/^ {3}(?=\S)/gm, '')).flatMap((step) =>
    step.kind === 'command' ? [step.line.trim()] : [],
  );
}

/** Why a command is not run here; `undefined` for those that are. */
function reasonNotRun(line: string): string | undefined {
  return NOT_RUN.find(([pattern]) => pattern.test(line))?.[1];
}

for (const page of PAGES) {
  const commands = commandsOf(page);
  const runs = commands.filter((line) => reasonNotRun(line) === undefined);
  if (runs.length === 0) continue;
  test(`every command of ${page} does what it says on a registry that serves`, async (t) => {
    for (const line of commands) {
      const reason = reasonNotRun(line);
      if (reason !== undefined) t.log(`not run, because it ${reason}: ${line}`);
    }
    const registry = await operatedRegistry(t);
    const { reader } = registry;
    for (const line of runs) {
      t.regex(line, PROGRAMS, `${page} uses a program that this test does not know: ${line}`);
      const [, codes = [0]] = OTHER_CODES.find(([pattern]) => pattern.test(line)) ?? [];
      const checks = codes.map((code) => `[ $code = ${code} ]`).join(' || ');
      for (const command of before(line)) await reader.sh(command);
      const given = inRegistry(line, registry);
      await t.notThrowsAsync(reader.sh(`code=0; ( ${given} ) || code=$?; ${checks} || exit $code`), `${page}: ${line}`);
    }
  });
}

test('what the page about backups restores is served, and has the image', async (t) => {
  const { reader, digest } = await operatedRegistry(t);
  for (const line of commandsOf('backup.md')) {
    if (line.includes('stowage serve')) await reader.serve(line);
    else await reader.sh(line);
  }
  await reader.sh('stowage login 127.0.0.1:5001 --username ann --password-stdin < password');
  t.is(await reader.sh('stowage digest 127.0.0.1:5001/team/app:v1'), digest);
  await reader.sh('stowage pull 127.0.0.1:5001/team/app:v1 oci:check');
});
