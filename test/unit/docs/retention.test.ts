import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runInProcess } from '../../helpers/running/run-in-process.ts';
import { folderWith } from '../plugins/loading/fixture-folder.ts';

const PAGE = readFileSync('docs/operations/retention.md', 'utf8');

test('the worked example of the page about retention decides as it says', async (t) => {
  const [, rules = ''] = /```yaml\n([^]*?)```/.exec(PAGE) ?? [];
  const [, repository = '', at = '', tags = ''] =
    /<!-- test: repository=(\S+) at=(\S+) -->\n\n```text\n([^]*?)```/.exec(PAGE) ?? [];
  const [, result = ''] = /<!-- result -->\n\n```text\n([^]*?)```/.exec(PAGE) ?? [];
  const folder = await folderWith(t, { 'config.yml': `version: 0.1\n${rules}` });
  const args = ['retention', 'test', join(folder, 'config.yml'), '--repository', repository, '--at', at];
  t.like(await runInProcess(args, {}, tags), { code: 0, stdout: result, stderr: '' });
});
