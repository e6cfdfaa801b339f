import test from 'ava';
import { startNode } from '../../helpers/processes/run-process.ts';

test('the costs of wrappers are measured for large and small reads and for stat', async (t) => {
  const { code, stdout, stderr } = await startNode(['dist/bench/main.js', '--quick', '--wrappers']).finished;
  t.is(code, 0, stderr);
  t.is(stderr, '');
  for (const task of ['read 64 MiB', 'read 4 KiB', 'stat']) {
    for (const subject of ['filesystem', 'guard, metrics, guard', 'guard, cache, hit, guard']) {
      t.regex(stdout, new RegExp(`^\\| ${task} +\\| +${subject} \\|( +\\d+\\.\\d+ \\|){2} +-?\\d+\\.\\d+ \\|`, 'm'));
    }
  }
});
