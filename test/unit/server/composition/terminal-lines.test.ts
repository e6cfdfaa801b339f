import test from 'ava';
import { terminalLine } from '../../../../server/composition/terminal-lines.ts';

const NONE = new Set(['level', 'msg', 'err']);

test('a line at a terminal is its message with its fields', (t) => {
  const line = { level: 'info', msg: 'listening', address: 'http://localhost:5000', key: 'a b', list: ['x'] };
  t.is(terminalLine(line, NONE), 'listening  address=http://localhost:5000 key="a b" list=["x"]');
});

test('an error is the end of the message, and shows its stack only where an operator has to act', (t) => {
  const err = { message: 'no space', stack: 'Error: no space\n    at write (file.js:1:2)' };
  t.is(terminalLine({ level: 'warn', msg: 'a job failed', err }, NONE), 'a job failed: no space');
  t.is(
    terminalLine({ level: 'error', msg: 'request failed', requestId: 'r1', err }, NONE),
    'request failed: no space  requestId=r1\n    at write (file.js:1:2)',
  );
});

test('control characters that a client sends reach no terminal, and long values are cut', (t) => {
  t.is(terminalLine({ msg: 'a\u001b[2Jb', user: 'x\ny' }, NONE), 'a\u{FFFD}[2Jb  user="x\\ny"');
  t.true(terminalLine({ msg: 'a', user: 'x'.repeat(5000) }, NONE).length < 300);
});
