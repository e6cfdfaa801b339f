import test from 'ava';
import { type Running, startNode } from '../../helpers/processes/run-process.ts';

/** A registry whose `stop` does what `body` says. */
function startRegistryThat(body: string): Running {
  const script = `
    import { runUntilSignal } from './dist/cli/run-until-signal.js';
    const open = setInterval(() => undefined, 60_000);
    const run = runUntilSignal({ stop: async () => { process.stdout.write('stopping\\n'); ${body} } });
    process.stdout.write('ready\\n');
    await run;
    process.stdout.write('stopped\\n');`;
  return startNode(['--input-type=module', '--eval', script]);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops the registry once and then ends`, async (t) => {
    const running = startRegistryThat('clearInterval(open);');
    await running.said('ready');
    running.signal(signal);
    t.like(await running.finished, { code: 0, stdout: 'ready\nstopping\nstopped\n' });
  });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a second signal, ${signal}, ends a process that is still stopping with ${code}`, async (t) => {
    const running = startRegistryThat('await new Promise(() => undefined);');
    await running.said('ready');
    running.signal('SIGTERM');
    await running.said('stopping');
    running.signal(signal);
    t.like(await running.finished, { code, stdout: 'ready\nstopping\n' });
  });
}

test('an error while stopping is not swallowed', async (t) => {
  const running = startRegistryThat("throw new Error('cannot stop');");
  await running.said('ready');
  running.signal('SIGTERM');
  const { code, stderr } = await running.finished;
  t.is(code, 1);
  t.regex(stderr, /cannot stop/);
});
