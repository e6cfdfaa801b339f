import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startNode } from '../../helpers/processes/run-process.ts';

for (const example of ['digest-algorithms', 'embedded', 'test-registry']) {
  test(`the tests of the example ${example} pass with what is published as stowage`, async (t) => {
    const folder = `dist/examples/${example}/test`;
    const files = (await readdir(folder)).filter((file) => file.endsWith('.test.js'));
    const paths = files.map((file) => join(folder, file));
    const { code, stdout } = await startNode(['--test', '--test-reporter=tap', ...paths]).finished;
    t.is(code, 0, stdout);
    t.regex(stdout, /^# pass [1-9]\d*$/m);
    t.regex(stdout, /^# fail 0$/m);
  });
}
