import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const USER = 12_345;
const DRIVER = new URL('../../../../drivers/filesystem/index.js', import.meta.url).href;

/** Opens the root as another user, reads `/file`, and writes beside it; returns the result of each. */
function asUser(
  t: ExecutionContext,
  root: string,
): { open: string; read?: string; write?: string; warnings: string[] } | undefined {
  if (process.getuid?.() !== 0) {
    t.log('SKIPPED: only the superuser can become somebody else');
    t.pass();
    return undefined;
  }
  const script = `
    const { default: filesystem } = await import(${JSON.stringify(DRIVER)});
    process.setgroups([]);
    process.setgid(${USER});
    process.setuid(${USER});
    const warnings = [];
    const told = (action) => action().then(() => 'ok', (error) => error.message);
    let driver;
    const context = { baseFolder: '/', warn: (text) => warnings.push(text) };
    const open = await told(async () => {
      driver = await filesystem.create({ rootdirectory: ${JSON.stringify(root)}, maxthreads: 25 }, context);
    });
    const read = driver && await told(async () => (await driver.read('/docker/file')).destroy());
    const write = driver && await told(() => driver.write('/docker/new', Buffer.from('new')));
    console.log(JSON.stringify({ open, read, write, warnings }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  ) as ReturnType<typeof asUser>;
}

async function rootOfSuperuser(t: ExecutionContext): Promise<string> {
  const root = await tempRoot(t);
  await chmod(root, 0o755);
  await mkdir(join(root, 'docker'), { mode: 0o755 });
  await writeFile(join(root, 'docker/file'), 'content');
  await mkdir(join(root, '.stowage/tmp'), { recursive: true });
  return root;
}

test('after a chown that misses the hidden folder the start fails with the command that repairs it', async (t) => {
  const root = await rootOfSuperuser(t);
  await chown(join(root, 'docker'), USER, USER);
  const refused = asUser(t, root);
  if (refused === undefined) return;
  const command = `chown -R ${USER}:${USER} '${join(root, '.stowage')}'`;
  t.true(refused.open.includes(command), refused.open);
  execFileSync('/bin/sh', ['-c', command]);
  t.deepEqual(asUser(t, root), { open: 'ok', read: 'ok', write: 'ok', warnings: [] });
});

test('if the hidden folder is missing and cannot be created, the command creates it', async (t) => {
  const root = await tempRoot(t);
  await chmod(root, 0o755);
  await mkdir(join(root, 'docker'));
  await writeFile(join(root, 'docker/file'), 'content');
  await chown(join(root, 'docker'), USER, USER);
  const refused = asUser(t, root);
  if (refused === undefined) return;
  const [command] = /mkdir '[^']+' && chown -R \S+ '[^']+'/.exec(refused.open) ?? [];
  t.truthy(command, refused.open);
  execFileSync('/bin/sh', ['-c', command ?? 'false']);
  t.like(asUser(t, root), { open: 'ok', write: 'ok', warnings: [] });
});

test('a root of another user that can be read is served read-only, with one warning that says how to change that', async (t) => {
  const root = await rootOfSuperuser(t);
  const found = asUser(t, root);
  if (found === undefined) return;
  t.like(found, { open: 'ok', read: 'ok' });
  t.regex(found.write ?? '', /not-supported/);
  t.is(found.warnings.length, 1);
  t.regex(found.warnings.join(), /read-only.*EACCES.*chown -R 12345:12345/);
  t.deepEqual(await readdir(join(root, 'docker')), ['file']);
});

test('a root that cannot be read stops the start', async (t) => {
  const root = await rootOfSuperuser(t);
  await chmod(root, 0o700);
  const found = asUser(t, root);
  if (found === undefined) return;
  t.regex(found.open, /EACCES/);
});
