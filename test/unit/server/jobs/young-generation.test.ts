import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';

const MODULE = join(import.meta.dirname, '../../../../server/jobs/young-generation.js');

/** The bytes of the young generation of a process that has made many objects which live for a moment. */
function youngBytes(limit: string): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${limit}
    let kept = [];
    for (let made = 0; made < 2e6; made += 1) {
      kept.push({ text: 'x' + made });
      if (kept.length > 30_000) kept = [];
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
}

test('the young generation of a process that runs jobs stays small', (t) => {
  const limit = `(await import(${JSON.stringify(MODULE)})).limitYoungGeneration();`;
  t.true(youngBytes(limit) < 5e6);
  t.true(youngBytes('') > 10e6);
});
