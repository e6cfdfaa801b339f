import { join } from 'node:path';
import test from 'ava';
import { logText } from '../../../helpers/processes/log-text.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { driverSource, folderWith } from '../../plugins/loading/fixture-folder.ts';

test('the line of a wrong option is found even for a driver that is named by its path', async (t) => {
  const validate = `validate: () => ({ issues: [{ message: 'must be long', path: ['reels', 1, 'length'] }] })`;
  const text = `export default ${driverSource('tape', `options: { '~standard': { version: 1, vendor: 'x', ${validate} } },`)};`;
  const configuration = 'storage:\n  ./bad.mjs:\n    reels:\n      - length: 2\n      - length: 0';
  const folder = await folderWith(t, { 'bad.mjs': text, 'config.yml': `version: 0.1\n${configuration}\n` });
  const { code, stderr } = await runInProcess(['check-config', join(folder, 'config.yml')]);
  t.is(code, 2);
  t.true(stderr.includes(`config.yml:6: storage["./bad.mjs"].reels[1].length: must be long`), stderr);
});

test('an option that proves wrong when it is used is reported with its line, too', async (t) => {
  // As one of another copy of Stowage, whose class is not ours.
  const issues = `[{ path: ['reels', 0], message: 'there is no reel; insert one' }]`;
  const create = `create: () => { throw Object.assign(new Error('no reel'), { name: 'OptionsError', issues: ${issues} }) },`;
  const text = `export default ${driverSource('tape', create)};`;
  const configuration = 'http: {addr: "127.0.0.1:0"}\nstorage:\n  ./bad.mjs:\n    reels:\n      - one';
  const folder = await folderWith(t, { 'bad.mjs': text, 'config.yml': `version: 0.1\n${configuration}\n` });
  const { code, stderr } = await runInProcess(['serve', join(folder, 'config.yml')]);
  t.is(code, 2);
  t.regex(
    logText(stderr),
    /has wrong options\n.*config\.yml:6: storage\["\.\/bad\.mjs"\]\.reels\[0\]: there is no reel; insert one/,
  );
});

test('an unknown option is reported with its own line and the option that was meant', async (t) => {
  const configuration = 'storage:\n  filesystem:\n    rootdirectory: /srv\n    maxthread: 100';
  const wrappers =
    'middleware:\n  storage:\n    - name: cache\n      options:\n        foldr: here\n        folder: here';
  const folder = await folderWith(t, { 'config.yml': `version: 0.1\n${configuration}\n${wrappers}\n` });
  const { code, stderr } = await runInProcess(['check-config', join(folder, 'config.yml')]);
  t.is(code, 2);
  t.true(
    stderr.includes('config.yml:5: storage.filesystem.maxthread: unknown key, did you mean "maxthreads"?'),
    stderr,
  );
  t.regex(stderr, /config\.yml:10: middleware\.storage\[0\]\.options\.foldr: unknown key, did you mean "folder"\?/);
});
