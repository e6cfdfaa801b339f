import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { Registry } from '../../../helpers/http/with-registry.ts';
import { TERMINAL_NEEDS, TerminalSession } from '../../../helpers/processes/terminal-session.ts';
import { testsThatNeed } from '../../../helpers/running/tests-that-need.ts';

const onTerminal = testsThatNeed(TERMINAL_NEEDS, {
  describe: (count) => `all ${count} tests of the log with a terminal`,
});

async function serving(t: ExecutionContext, keys: string): Promise<TerminalSession> {
  const cwd = await tempRoot(t);
  await writeFile(join(cwd, 'config.yml'), `version: 0.1\nstorage: inmemory\n${keys}`);
  const line = `exec "${process.execPath}" "${resolve('dist/bundle/bin.js')}" serve config.yml`;
  const terminal = new TerminalSession(line, { cwd, env: { NO_COLOR: '1' } });
  t.teardown(() => terminal.kill());
  return terminal;
}

onTerminal(
  'a push of three layers is a handful of lines at a terminal, and the last one names the image',
  async (t) => {
    const terminal = await serving(t, 'http: {addr: "127.0.0.1:0", secret: s}\n');
    await terminal.shows('docker push');
    const [, address = ''] = /Stowage listens on (\S+)/.exec(terminal.shown) ?? [];
    t.true(terminal.shown.includes('Access: anyone who can reach it may push and pull'));
    const started = terminal.shown.length;
    const registry = new Registry({ address }, { stop: async () => undefined, root: '' });
    for (const layer of ['one', 'two']) await registry.pushBlob('app', layer);
    await registry.pushImage('app', 'v1', 'three');
    await terminal.shows('pushed app:v1');
    await terminal.shows('from 127.0.0.1', terminal.shown.indexOf('pushed app:v1'));
    const lines = terminal.shown
      .slice(started)
      .trim()
      .split(/\r?\n/)
      .filter((each) => /^\[/.test(each));
    t.is(lines.length, 5, lines.join('\n'));
    t.regex(
      lines[0] ?? '',
      /INFO.*: PUT \/v2\/app\/blobs\/uploads\/\S+… 201, 3 B, \d+ ms, anonymous from 127\.0\.0\.1/,
    );
    t.regex(
      lines[4] ?? '',
      /INFO.*: pushed app:v1, 1 layer, 7 B, sha256:[0-9a-f]{64}, \d+ ms, anonymous from 127\.0\.0\.1/,
    );
  },
);

onTerminal('a mistake in the configuration is one plain line at a terminal', async (t) => {
  const terminal = await serving(t, 'htpp: {}\n');
  t.is(await terminal.ended(), 2);
  t.is(terminal.shown.trim(), 'config.yml:3: htpp: unknown key, did you mean "http"?');
});
