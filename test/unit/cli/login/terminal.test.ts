import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { TERMINAL_NEEDS, TerminalSession } from '../../../helpers/processes/terminal-session.ts';
import { testsThatNeed } from '../../../helpers/running/tests-that-need.ts';

const onTerminal = testsThatNeed(TERMINAL_NEEDS, {
  describe: (count) => `all ${count} tests with a terminal`,
});

/** A registry that lets `ann` in. */
async function registryOfAnn(t: ExecutionContext): Promise<string> {
  const auth = `Basic ${Buffer.from('ann:secret word').toString('base64')}`;
  const { address } = await ScriptedServer.start(t, ({ headers }, response) => {
    if (headers.authorization === auth) answer(response, 200);
    else answer(response, 401, {}, { 'WWW-Authenticate': 'Basic realm="test"' });
  });
  return new URL(address).host;
}

async function session(t: ExecutionContext, line: string): Promise<TerminalSession & { readonly home: string }> {
  const home = await tempRoot(t);
  const program = `stowage() { "${process.execPath}" "${resolve('dist/bundle/bin.js')}" "$@"; }`;
  const terminal = new TerminalSession(`${program}; ${line}`, { cwd: home, env: { HOME: home, TERM: 'xterm' } });
  t.teardown(() => terminal.kill());
  return Object.assign(terminal, { home });
}

onTerminal('login asks for the user and the password on a terminal, and shows nothing of the password', async (t) => {
  const host = await registryOfAnn(t);
  const terminal = await session(t, `stowage login ${host}`);
  await terminal.shows('user: ');
  terminal.type('ann\r');
  await terminal.shows('password: ');
  // As typed with a mistake that is taken back.
  terminal.type('secret wox\x7Frd\r');
  t.is(await terminal.ended(), 0, terminal.shown);
  t.regex(terminal.shown, /user: .*ann[\s\S]*password: [\s\S]*logged in to \S+ as ann/);
  t.notRegex(terminal.shown, /secret|wox|word(?!: )|\*/);
  t.is(terminal.shown.split('ann').length, 3, 'typed once, and named at the end');
  t.true((await readFile(join(terminal.home, '.docker/config.json'), 'utf8')).includes(host));
});

onTerminal('Ctrl-C at the question for the password ends with 130 and leaves the terminal as it was', async (t) => {
  const host = await registryOfAnn(t);
  const line = `before=$(stty -g); trap : INT; stowage login ${host} -u ann; echo "code $?"; [ "$(stty -g)" = "$before" ] && echo restored`;
  const terminal = await session(t, line);
  await terminal.shows('password: ');
  terminal.type('secret\x03');
  await terminal.ended();
  t.regex(terminal.shown, /code 130\r\nrestored/);
  t.notRegex(terminal.shown, /secret/);
});

onTerminal('an input that ends instead of an answer is a wrong usage', async (t) => {
  const terminal = await session(t, `stowage login ${await registryOfAnn(t)} -u ann`);
  await terminal.shows('password: ');
  terminal.type('\x04');
  t.is(await terminal.ended(), 2);
  t.regex(terminal.shown, /no password was typed/);
});
