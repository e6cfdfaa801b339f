import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

test('the test kit says in one sentence which Node it needs', async (t) => {
  const kit = pathToFileURL(resolve('dist/testing/index.js')).href;
  const onNode = (version: string): Promise<unknown> =>
    promisify(execFile)(process.execPath, [
      '-e',
      `Object.defineProperty(process.versions, 'node', { value: '${version}' }); await import('${kit}');`,
    ]);
  for (const version of ['20.20.2', '24.11.9']) {
    await t.throwsAsync(onNode(version), {
      message: /Error: stowage\/testing needs Node 24\.12 or newer, and this is /,
    });
  }
  await t.notThrowsAsync(onNode('24.12.0'));
  await t.notThrowsAsync(onNode('25.0.0'));
});
