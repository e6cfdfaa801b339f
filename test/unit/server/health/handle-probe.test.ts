import { join } from 'node:path';
import test from 'ava';
import { startProcess } from '../../../helpers/processes/run-process.ts';

const OUT_OF_HANDLES = join(import.meta.dirname, 'out-of-handles.js');

test('/readyz reports when no file can be opened, and when files can be opened again', async (t) => {
  const command = 'ulimit -n 64; exec "$0" "$1"';
  const { stdout, stderr } = await startProcess('/bin/sh', ['-c', command, process.execPath, OUT_OF_HANDLES]).finished;
  const problem = '{"files":"no file can be opened: EMFILE; raise the limit of open files"}';
  t.is(stdout, `200 ok\n503 ${problem}\n200 ok\n`, stderr);
});
