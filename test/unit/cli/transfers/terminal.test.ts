import { resolve } from 'node:path';
import { pushPlatforms } from '../../../helpers/content/layered-image.ts';
import { TERMINAL_NEEDS, TerminalSession } from '../../../helpers/processes/terminal-session.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';
import { testsThatNeed } from '../../../helpers/running/tests-that-need.ts';

const onTerminal = testsThatNeed(TERMINAL_NEEDS, { describe: (count) => `all ${count} transfers at a terminal` });

for (const columns of [40, 200]) {
  onTerminal(`a push at a terminal of ${columns} columns draws no line that is wider`, async (t) => {
    const { registry, host, stowage, home } = await clientCommands(t);
    await pushPlatforms(registry, 'app', 'v1', ['amd64', 'arm64']);
    await stowage('pull', `${host}/app:v1`, `oci:${home}/layout`, '-q');
    const push = `"${process.execPath}" "${resolve('dist/bundle/bin.js')}" push oci:layout:v1 ${host}/new > result`;
    const line = `stty cols ${columns} rows 10; ${push}; echo "code $?"; cat result`;
    const terminal = new TerminalSession(line, { cwd: home, env: { HOME: home, TERM: 'xterm' } });
    t.teardown(() => terminal.kill());
    await terminal.ended();
    const drawn = terminal.shown.slice(0, terminal.shown.indexOf('code 0'));
    t.not(drawn.length, 0, terminal.shown);
    for (const text of drawn.split(/\x1b\[\d+A|\x1b\[0J|[\r\n]/))
      t.true(text.length < columns, `${text.length} of ${columns}: ${text}`);
    t.is(drawn.match(/ {2}copied {2}/g)?.length, 4);
    // Without a cut in the middle of the line.
    t.regex(drawn, /(?:4 of 4 blobs, .* \(100 %\)|100 %, 4\/4 blobs)\r\n$/);
    t.regex(terminal.shown, /\S+\/new:v1@sha256:[0-9a-f]{64}\r\n$/);
  });
}
