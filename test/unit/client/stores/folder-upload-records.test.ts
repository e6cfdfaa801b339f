import { readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FolderUploadRecords } from '../../../../client/stores/folder-upload-records.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { deadOwner, foreignOwner, runningOwner, threadOwner } from '../../../helpers/client/owners.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const repository = parseRepositoryName('team/app');

test('a record that is damaged, or of another upload, counts as none', async (t) => {
  const folder = await tempRoot(t);
  const records = new FolderUploadRecords(folder);
  const key = { host: 'registry.test', repository, digest: digestOf(Buffer.of()) };
  const upload = {
    uuid: 'an-id' as never,
    offset: 5,
    startedAt: new Date(5000),
    location: 'https://registry.test/x?y',
  };
  await records.save(key, upload);
  t.deepEqual(await records.find(key), upload);
  const [name = ''] = await readdir(folder);
  const text = await readFile(join(folder, name), 'utf8');
  for (const damaged of [
    '',
    '[]',
    text.slice(0, 40),
    text.replace('team/app', 'team/ape'),
    text.replace('an-id', '../x'),
  ]) {
    await writeFile(join(folder, name), damaged);
    t.is(await records.find(key), undefined, damaged);
  }
  await records.remove(key);
  await records.remove(key);
});

test('records older than a week are removed, and nothing else of the folder', async (t) => {
  const folder = await tempRoot(t);
  const key = { host: 'registry.test', repository, digest: digestOf(Buffer.of()) };
  await new FolderUploadRecords(folder).save(key, { uuid: 'old' as never, offset: 5, startedAt: new Date() });
  await writeFile(join(folder, 'other.json'), '');
  const [name = ''] = (await readdir(folder)).filter((each) => each !== 'other.json');
  const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
  for (const each of [name, 'other.json']) await utimes(join(folder, each), longAgo, longAgo);
  const other = { ...key, host: 'other.test' };
  await new FolderUploadRecords(folder).save(other, { uuid: 'new' as never, offset: 5, startedAt: new Date() });
  t.is((await readdir(folder)).length, 2);
  t.true((await readdir(folder)).includes('other.json'));
});

test('a record belongs to one push at a time, and is free when that fails or dies', async (t) => {
  const folder = await tempRoot(t);
  const key = { host: 'registry.test', repository, digest: digestOf(Buffer.of()) };
  const upload = { uuid: 'an-id' as never, offset: 5, startedAt: new Date(5000) };
  const [first, second] = [new FolderUploadRecords(folder), new FolderUploadRecords(folder)];
  await first.save(key, upload);
  t.is(await second.find(key), undefined);
  t.deepEqual(await first.find(key), upload);
  await first.release(key);
  const found = await Promise.all([first.find(key), second.find(key)]);
  t.is(found.filter((each) => each !== undefined).length, 1);
  await Promise.all([first.release(key), second.release(key)]);
  // What is left of a process that was killed.
  const [name = ''] = await readdir(folder);
  await rename(join(folder, name), join(folder, name.replace('.json', `.${deadOwner()}.json`)));
  t.deepEqual(await second.find(key), upload);
});

test('a record of a process that runs is left to it, also of a thread, and of one in another container of the same name', async (t) => {
  for (const owner of [runningOwner(), threadOwner(), foreignOwner(), foreignOwner(process.pid)]) {
    const folder = await tempRoot(t);
    const key = { host: 'registry.test', repository, digest: digestOf(Buffer.of()) };
    const upload = { uuid: 'an-id' as never, offset: 5, startedAt: new Date(5000) };
    const records = new FolderUploadRecords(folder);
    await records.save(key, upload);
    await records.release(key);
    const [name = ''] = await readdir(folder);
    const owned = name.replace('.json', `.${owner}.json`);
    await rename(join(folder, name), join(folder, owned));
    t.is(await records.find(key), undefined);
    t.deepEqual(await readdir(folder), [owned]);
    await utimes(join(folder, owned), 0, 0);
    t.deepEqual(await records.find(key), /^0{16}|-0{8}-/.test(owner) ? upload : undefined);
  }
});
