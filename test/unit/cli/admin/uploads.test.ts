import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

for (const what of ['through its admin API', 'through its storage'] as const) {
  test(`uploads to a registry are listed and cancelled ${what}`, async (t) => {
    const folder = await tempRoot(t);
    const others = { admin: { enabled: true } };
    const registry = await withRegistry(t, { storage: { filesystem: {} }, folder, others });
    const path = join(folder, 'commands.yml');
    const storage = { filesystem: { rootdirectory: registry.root } };
    await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' } }));
    const target = what === 'through its storage' ? [path] : ['--registry', new URL(registry.address).host];
    t.like(await runInProcess(['uploads', ...target]), { code: 0, stdout: '' });
    const location = await registry.sendChunk(await registry.startUpload('team/app'), 'bytes');
    await registry.sendChunk(await registry.startUpload('other'), 'x');
    const id = /uploads\/([^?]+)/.exec(location)?.[1] ?? '';
    const { stdout } = await runInProcess(['uploads', ...target]);
    t.is(stdout.trim().split('\n').length, 3);
    t.regex(stdout, new RegExp(`team/app +${id} +5 `));
    const json = await runInProcess(['uploads', '--repository', 'team/app', '--json', ...target]);
    const { uploads } = JSON.parse(json.stdout) as { uploads: readonly object[] };
    t.is(uploads.length, 1);
    t.like(uploads[0], { repository: 'team/app', id, bytes: 5 });
    const cancelled = await runInProcess(['uploads', 'cancel', 'team/app', id, ...target]);
    t.like(cancelled, { code: 0, stdout: `cancelled the upload ${id} to team/app\n` });
    assertError(t, await registry.ask('PATCH', location, { body: 'more' }), 404, 'BLOB_UPLOAD_UNKNOWN');
    t.is((await runInProcess(['uploads', 'cancel', 'team/app', id, ...target])).code, 4);
    t.is((await runInProcess(['uploads', 'cancel', 'NO', id, ...target])).code, 2);
  });
}
