import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';

const READ_ONLY = {
  'storage.maintenance.readonly': { storage: { maintenance: { readonly: { enabled: true } } } },
  'the wrapper "readonly"': { middleware: { storage: [{ name: 'readonly' }] } },
};

/** Commands that change what is stored, each with its words after the configuration is known. */
const COMMANDS: readonly ((path: string, upload: string) => readonly string[])[] = [
  (path, upload) => ['uploads', 'cancel', 'team/app', upload, path],
  (path) => ['jobs', 'cancel', 'gc', path],
  (path) => ['repository', 'delete', 'team/app', path],
  (path) => ['repository', 'rename', 'team/app', 'apps/web', path],
  (path) => ['gc', path],
  (path) => ['scrub', path],
  (path) => ['run', 'upload-purge', path],
  (path) => ['undelete', 'team/app:v1', path],
  (path) => ['trash', 'empty', path],
  (path) => ['rm', `store:${path}//team/app:v1`],
  (path) => ['doctor', path],
];

for (const [way, { storage: ofStorage = {}, ...others }] of Object.entries(READ_ONLY) as [
  string,
  { storage?: object },
][]) {
  test(`no command changes a storage that ${way} makes read-only`, async (t) => {
    const folder = await tempRoot(t);
    const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
    await registry.pushImage('team/app', 'v1');
    const location = await registry.sendChunk(await registry.startUpload('team/app'), 'bytes');
    const upload = /uploads\/([^?]+)/.exec(location)?.[1] ?? '';
    const path = join(folder, 'commands.yml');
    const storage = {
      filesystem: { rootdirectory: registry.root },
      delete: { enabled: true, keep: '1h' },
      ...ofStorage,
    };
    await writeFile(
      path,
      JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' }, ...others }),
    );
    const driver = await FilesystemDriver.open({ rootFolder: registry.root, maxCalls: 10, warn: () => undefined });
    t.teardown(() => driver[Symbol.asyncDispose]());
    const before = await storedFiles(driver);
    for (const wordsFor of COMMANDS) {
      const words = wordsFor(path, upload);
      const { code, stderr } = await runInProcess(words);
      t.deepEqual([...(await storedFiles(driver)).keys()], [...before.keys()], words.join(' '));
      if (words[0] === 'doctor') continue;
      t.not(code, 0, words.join(' '));
      t.regex(stderr, /read-only/, words.join(' '));
    }
  });
}
