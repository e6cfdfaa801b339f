import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StoreNote } from '../../../../core/driver/index.ts';
import { diagnoseRoot, type RootFacts } from '../../../../drivers/filesystem/diagnose-root.ts';
import { mountOf } from '../../../../drivers/filesystem/mounted-on.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const PLENTY = { bsize: 4096, blocks: 1e9, bavail: 5e8, files: 1e6, ffree: 5e5 };
const USER = 1000;

/** What is said of an empty root on a file system with this type and these options. */
async function notesOf(
  t: ExecutionContext,
  mount: string,
  facts: Partial<RootFacts> & { readonly writes?: boolean } = {},
): Promise<readonly StoreNote[]> {
  const [type = '', options = ''] = mount.split(' ');
  const mounts = `1 0 8:1 / / rw - rootfs root rw\n36 1 8:2 / /tmp ${options} shared:1 - ${type} /dev/sda1 rw\n`;
  const system = { statfs: async () => PLENTY, mounts: async () => mounts, user: USER, ...facts };
  return diagnoseRoot(await tempRoot(t, '/tmp'), { writes: facts.writes ?? true }, system);
}

const worse = (notes: readonly StoreNote[]): string[] =>
  notes.filter(({ severity }) => severity !== 'ok').map(({ severity, message }) => `${severity}: ${message}`);

const MOUNTS: Readonly<Record<string, RegExp | undefined>> = {
  'ext4 rw,noatime': undefined,
  'ext4 rw,relatime': /^note: reading a file also writes the time of its last access, at most once a day$/,
  'xfs rw,strictatime': /^note: .*, each time$/,
  'ext4 ro,noatime': /^failure: the root is on ext4, mounted at \/tmp, is mounted read-only$/,
  'nfs4 rw,noatime': /^warning: .* without lookupcache=none: this machine remembers for seconds whether a file exists$/,
  'nfs4 rw,lookupcache=none': undefined,
  'nfs rw,lookupcache=none,soft': /^warning: .* with soft: writes can be lost when the server is slow$/,
  'cifs rw': /^note: the root is on cifs, mounted at \/tmp, which is not a local disk$/,
  'fuse.sshfs rw': /^note: .*not a local disk$/,
  'tmpfs rw': /^warning: .*: everything is lost when the machine restarts$/,
  'overlay rw': /^warning: .*: everything is lost with the container$/,
  'vfat rw': /^failure: .*takes V1 and v1 for one name$/,
};

for (const [mount, expected] of Object.entries(MOUNTS)) {
  test(`of a root on ${mount}, ${expected === undefined ? 'nothing is worth a word' : 'the operator is told'}`, async (t) => {
    const found = worse(await notesOf(t, mount));
    if (expected === undefined) t.deepEqual(found, []);
    else t.regex(found.join('\n'), expected);
  });
}

test('a disk or a table of files that is almost full is a warning with figures, and a huge disk is not', async (t) => {
  const withRoom = async (room: object) =>
    worse(await notesOf(t, 'ext4 noatime', { statfs: async () => ({ ...PLENTY, ...room }) }));
  t.deepEqual(await withRoom({ blocks: 1e7, bavail: 4e5 }), ['warning: 1.6 GB of 41.0 GB are free']);
  t.deepEqual(await withRoom({ blocks: 1e6, bavail: 2e5 }), ['warning: 0.8 GB of 4.1 GB are free']);
  t.deepEqual(await withRoom({ blocks: 1e10, bavail: 3e8 }), []);
  t.deepEqual(await withRoom({ ffree: 40_000 }), ['warning: 40000 of 1000000 files (inodes) are free']);
  t.deepEqual(await withRoom({ blocks: 0, bavail: 0, files: 0, ffree: 0 }), []);
});

test('a read-only mount is right for a registry that is read-only', async (t) => {
  t.deepEqual(worse(await notesOf(t, 'ext4 ro,noatime', { writes: false })), []);
});

test('a system without a table of mounts is asked for room only', async (t) => {
  t.deepEqual(worse(await notesOf(t, 'ext4', { mounts: async () => '' })), []);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot('root is told to become the user to whom the content belongs, before anything is written', async (t) => {
  const root = await tempRoot(t);
  const own = join(root, 'docker', 'registry', 'v2');
  await mkdir(own, { recursive: true });
  const system = { statfs: async () => PLENTY, mounts: async () => '', user: 0 };
  await t.notThrowsAsync(diagnoseRoot(root, { writes: true }, system));
  await chown(own, USER, USER);
  await t.throwsAsync(diagnoseRoot(root, { writes: true }, system), { message: /belongs to the user 1000/ });
  await t.notThrowsAsync(diagnoseRoot(root, { writes: false }, system));
  await t.notThrowsAsync(diagnoseRoot(root, { writes: true }, { ...system, user: USER }));
});

test('the innermost mount counts, the later of two at one place, and blanks in its path are read', (t) => {
  const mounts = [
    '1 0 8:1 / / rw - ext4 /dev/a rw',
    '2 1 8:2 / /data rw,noatime - xfs /dev/b rw',
    '3 1 8:3 / /data rw - nfs4 host:/b rw,lookupcache=none',
    String.raw`4 1 8:4 / /with\040blank rw - btrfs /dev/c rw`,
    'not a line of the table',
  ].join('\n');
  t.is(mountOf(mounts, '/database')?.type, 'ext4');
  t.is(mountOf(mounts, '/data')?.type, 'nfs4');
  t.true(mountOf(mounts, '/data/registry')?.options.has('lookupcache=none'));
  t.is(mountOf(mounts, '/with blank/registry')?.at, '/with blank');
  t.is(mountOf('', '/data'), undefined);
});
