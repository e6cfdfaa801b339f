import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import ts from 'typescript';
import { driverTest } from '../../../cli/commands/driver-test.ts';
import { COMMANDS } from '../../../cli/commands/index.ts';
import { serve } from '../../../cli/commands/serve.ts';
import { commandUsage, programUsage } from '../../../cli/usage.ts';

const BIN = 'dist/bundle/bin.js';
const run = promisify(execFile);

test('the command line starts on this Node', async (t) => {
  const { stdout } = await run(process.execPath, [BIN, '--version']);
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

/** Arguments with which this Node takes itself for another one. */
function pretending(version: string): readonly string[] {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, BIN];
}

for (const version of ['12.22.12', '20.20.2', '24.11.9']) {
  test(`Node ${version} gets the help and the version`, async (t) => {
    const helps = [
      [['--help'], programUsage(COMMANDS)],
      [['help', 'serve'], commandUsage(serve)],
      [['serve', 'config.yml', '-h'], commandUsage(serve)],
      [['driver', 'test', '--help'], commandUsage(driverTest)],
    ] as const;
    for (const [args, text] of helps) {
      const { stdout, stderr } = await run(process.execPath, [...pretending(version), ...args]);
      t.is(stdout, text);
      t.regex(stderr, /^stowage: needs Node 24\.12 or newer, and this is v[\d.]+; .*\n$/);
    }
    t.regex((await run(process.execPath, [...pretending(version), '--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test(`Node ${version} gets a message that says which version is needed`, async (t) => {
    const older = [...pretending(version), 'serve'];
    const failure = await t.throwsAsync<Error & { code: number; stderr: string; stdout: string }>(
      run(process.execPath, older),
    );
    t.is(failure.code, 1);
    t.is(failure.stdout, '');
    const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as { engines: { node: string } };
    t.true(failure.stderr.startsWith(`stowage: needs Node ${engines.node.replace('>=', '')} or newer`), failure.stderr);
  });
}

test('the file that every Node reads has no syntax that is newer than Node 12', async (t) => {
  const source = ts.createSourceFile(BIN, await readFile(BIN, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const newer: string[] = [];
  const NEWER: ReadonlySet<ts.SyntaxKind> = new Set([
    ts.SyntaxKind.QuestionDotToken,
    ts.SyntaxKind.QuestionQuestionToken,
    ts.SyntaxKind.QuestionQuestionEqualsToken,
    ts.SyntaxKind.BarBarEqualsToken,
    ts.SyntaxKind.PropertyDeclaration,
    ts.SyntaxKind.PrivateIdentifier,
  ]);
  const visit = (node: ts.Node, isInFunction: boolean): void => {
    if (NEWER.has(node.kind) || (ts.isAwaitExpression(node) && !isInFunction)) newer.push(node.getText());
    ts.forEachChild(node, (child) => visit(child, isInFunction || ts.isFunctionLike(node)));
  };
  visit(source, false);
  t.deepEqual(newer, []);
  t.true(source.statements.length > 3);
});

test('an installation without the compiler (npm ci --omit=dev) is not stopped by the build', async (t) => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { prepare: string } };
  const cwd = await mkdtemp(join(tmpdir(), 'stowage-'));
  t.teardown(() => rm(cwd, { recursive: true }));
  await t.notThrowsAsync(run('sh', ['-c', scripts.prepare], { cwd }));
});
