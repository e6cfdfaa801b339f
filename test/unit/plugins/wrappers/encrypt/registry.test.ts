import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import { digestOf, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../../helpers/running/run-in-process.ts';
import { KEY } from './encrypted-filesystem.ts';

const encrypted = (value = KEY) => ({
  middleware: { storage: [{ name: 'encrypt', options: { keys: [{ id: 'only', value }] } }] },
});

test('a registry serves what it encrypts, whole and in parts, and stores no plain byte', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others: encrypted() });
  const bytes = Buffer.alloc(700_000, 'a text that is easy to find ');
  const digest = await registry.pushBlob('a', bytes);
  const manifest = await registry.pushImage('a', 'latest');
  const path = `/v2/a/blobs/${digest}`;
  const head = await registry.ask('HEAD', path);
  t.is(head.headers['content-length'], String(bytes.byteLength));
  t.is((await registry.ask('GET', path)).text, bytes.toString());
  const part = await registry.ask('GET', path, { headers: { Range: 'bytes=299990-300009' } });
  t.is(part.text, bytes.toString('latin1', 299_990, 300_010));
  t.is((await registry.ask('GET', '/v2/a/manifests/latest')).headers['docker-content-digest'], manifest);
  // In chunks, by requests of their own.
  let location = await registry.startUpload('b');
  for (const chunk of ['one', 'two', 'three']) location = await registry.sendChunk(location, chunk);
  t.is((await registry.finishUpload(location, digestOf('onetwothree'))).status, 201);
  t.is((await registry.ask('GET', `/v2/b/blobs/${digestOf('onetwothree')}`)).text, 'onetwothree');
  const files = (await readdir(registry.root, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  for (const { parentPath, name } of files) {
    const stored = await readFile(join(parentPath, name), 'latin1');
    t.notRegex(stored, /easy to find|schemaVersion|sha256:|onetwo/, name);
  }
});

test('damaged content is answered 500 and never sent, and asks for no retry', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others: encrypted() });
  const digest = await registry.pushBlob('a', 'some bytes');
  const hex = digest.slice(7);
  const file = join(registry.root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  const stored = await readFile(file);
  stored[70] = (stored[70] ?? 0) ^ 1;
  await writeFile(file, stored);
  const answer = await registry.ask('GET', `/v2/a/blobs/${digest}`);
  const [error] = assertError(t, answer, 500, 'UNKNOWN');
  t.deepEqual(error?.detail, { reason: 'the content in the storage is damaged' });
  t.is(answer.headers['retry-after'], undefined);
});

test('a registry with another key does not start', async (t) => {
  const folder = await tempRoot(t);
  const storage = { filesystem: {} };
  const registry = await withRegistry(t, { folder, storage, others: encrypted() });
  await registry.stop();
  const error = await t.throwsAsync(
    withRegistry(t, { folder, storage, others: encrypted(Buffer.alloc(32, 'x').toString('base64')) }),
  );
  t.regex(error.message, /encrypt: the storage was written with the key [0-9a-f]{16}, which is not configured/);
});

test('a registry whose key is wrong does not start, and the message has the place and no secret', async (t) => {
  const error = await t.throwsAsync(withRegistry(t, { others: encrypted('a secret word') }));
  t.regex(error.message, /middleware\.storage\[0\]\.options\.keys\[0\]\.value: must give 32 bytes/);
  t.notRegex(error.message, /secret word/);
});

test('a copy encrypts what is stored, changes its key and decrypts it, and a scrub finds what is damaged in it', async (t) => {
  const folder = await tempRoot(t);
  const configured = async (name: string, others: object): Promise<string> => {
    const storage = { filesystem: { rootdirectory: join(folder, name, 'root') } };
    const file = join(folder, `${name}.yml`);
    await writeFile(file, JSON.stringify({ version: 0.1, storage, http: { addr: ':0' }, ...others }));
    return file;
  };
  const files = [
    await configured('old', {}),
    await configured('first', encrypted()),
    await configured('second', encrypted(Buffer.alloc(32, 'second').toString('base64'))),
    await configured('plain', {}),
  ] as const;
  await mkdir(join(folder, 'old'));
  const source = await withRegistry(t, { folder: join(folder, 'old'), storage: { filesystem: {} } });
  const digest = await source.pushImage('a', 'latest');
  for (const [index, from] of files.slice(0, -1).entries()) {
    const { code, stderr } = await runInProcess(['copy-storage', from, files[index + 1] ?? '']);
    t.is(code, 0, stderr);
  }
  const copy = await withRegistry(t, { folder: join(folder, 'plain'), storage: { filesystem: {} } });
  t.is((await copy.ask('GET', '/v2/a/manifests/latest')).headers['docker-content-digest'], digest);
  t.is((await runInProcess(['scrub', files[2]])).code, 0);
  const blob = join(folder, 'second/root/docker/registry/v2/blobs/sha256', digest.slice(7, 9), digest.slice(7), 'data');
  await writeFile(blob, (await readFile(blob)).subarray(0, -1));
  const found = await runInProcess(['scrub', files[2]]);
  t.is(found.code, 9, found.stderr);
  t.regex(found.stdout, new RegExp(`content-unreadable ${digest}.*damaged`));
});
