import test from 'ava';
import { COMMANDS } from '../../../../cli/commands/index.ts';
import { programUsage } from '../../../../cli/usage.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';

/** Prints the URL of every module that is loaded with the table of commands. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
  await import('./dist/cli/command-line.js');
`;

test('the table of commands loads neither Koa, nor a driver, nor the test kit, nor anything that a command runs', async (t) => {
  const { stdout } = await startNode(['--input-type=module', '--eval', SCRIPT]).finished;
  const loaded = stdout.split('\n');
  t.true(loaded.some((url) => url.endsWith('/dist/cli/commands/serve.js')));
  const foreign =
    /\/node_modules\/(?:koa|@koa|@google-cloud|ioredis|pino)\/|\/dist\/(?:drivers\/[^/]+|testing|server\/(?:http|routes)|cli\/(?:serve|driver|init|check-config))\//;
  t.deepEqual(
    loaded.filter((url) => foreign.test(url)),
    [],
  );
});

test('every command has a name of its own, which is in the usage', (t) => {
  for (const { name } of COMMANDS) t.true(programUsage(COMMANDS).includes(`\n  ${name} `), name);
  t.is(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length);
});
