import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, rm, rmdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { PasswordSource } from '../../../../../plugins/auth/htpasswd/password-source.ts';
import { folderWith } from '../../loading/fixture-folder.ts';
import { ANN, BOB, EVE } from './fixture-passwords.ts';

const LONG_AGO_MS = 60_000;

/** A source over a file with Ann; by its clock the file was written `ageMs` ago, and time stands still. */
async function sourceOf(t: ExecutionContext, ageMs = LONG_AGO_MS) {
  const folder = await folderWith(t, { htpasswd: ANN.line });
  const path = join(folder, 'htpasswd');
  const warnings: string[] = [];
  const clock = { ms: Date.now() + ageMs };
  const options = { now: () => clock.ms, warn: (message: string) => void warnings.push(message) };
  const source = await PasswordSource.open(path, options);
  const users = async () => [...(await source.latest()).hashes.keys()];
  return { path, warnings, clock, source, users };
}

test('an unchanged file is not read again', async (t) => {
  const { source } = await sourceOf(t);
  t.is(await source.latest(), await source.latest());
});

test('a file that changed a moment ago is read every time: it may change again unnoticed', async (t) => {
  const { source } = await sourceOf(t, 0);
  const [before, after] = [await source.latest(), await source.latest()];
  t.not(before, after);
  t.deepEqual(before, after);
});

test('a changed file is noticed after a second, also when the clock is set back, or at once when asked for', async (t) => {
  const { path, clock, source } = await sourceOf(t);
  const current = async () => [...(await source.current()).hashes.keys()];
  await writeFile(path, `${BOB.line}\n`);
  clock.ms += 999;
  t.deepEqual(await current(), ['ann']);
  clock.ms += 1;
  t.deepEqual(await current(), ['bob']);
  await writeFile(path, `${BOB.line}\n${EVE.line}\n`);
  t.deepEqual(await current(), ['bob']);
  clock.ms -= 1;
  t.deepEqual(await current(), ['bob', 'eve']);
  await writeFile(path, `${ANN.line}\n`);
  t.deepEqual([...(await source.latest()).hashes.keys()], ['ann']);
  t.deepEqual(await current(), ['ann']);
});

test('while nobody can log in, every request looks at the file', async (t) => {
  const { path, source } = await sourceOf(t);
  await writeFile(path, '');
  await t.throwsAsync(source.latest(), { code: 'UNAVAILABLE' });
  await writeFile(path, `${BOB.line}\n`);
  t.is((await source.current()).hashes.size, 1);
});

test('a replaced file takes effect', async (t) => {
  const { path, users, warnings } = await sourceOf(t);
  t.deepEqual(await users(), ['ann']);
  await writeFile(`${path}.new`, `${BOB.line}\n${EVE.line}\n`);
  await rename(`${path}.new`, path);
  t.deepEqual(await users(), ['bob', 'eve']);
  t.deepEqual(warnings, []);
});

test('a file that is overwritten with as many bytes takes effect', async (t) => {
  const { path, users } = await sourceOf(t);
  await writeFile(path, BOB.line);
  // Both writes may fall into one tick of the file system's clock, which the clock of this test cannot know.
  await utimes(path, 1, 1);
  t.deepEqual(await users(), ['bob']);
});

test('many requests after one change get the new users', async (t) => {
  const { path, users } = await sourceOf(t);
  await writeFile(path, `${BOB.line}\n`);
  for (const names of await Promise.all(Array.from({ length: 50 }, users))) t.deepEqual(names, ['bob']);
});

const EMPTIED: Readonly<Record<string, string>> = {
  emptied: '',
  'left with a comment': '# nobody\n',
  'wrong in every line': 'ann:secret\nbob\n',
  'written as UTF-16': `\uFEFF${[...ANN.line].join('\0')}\0`,
};
for (const [what, text] of Object.entries(EMPTIED)) {
  test(`a file that is ${what} refuses every log-in, with one warning, and works again once it is valid`, async (t) => {
    const { path, source, users, warnings } = await sourceOf(t);
    t.deepEqual(await users(), ['ann']);
    await writeFile(path, text);
    for (let request = 0; request < 3; request++) {
      const error = await t.throwsAsync(source.latest(), { code: 'UNAVAILABLE' });
      t.false(error.message.includes(path), 'the client does not learn the path');
    }
    t.is(warnings.length, 1);
    t.regex(String(warnings[0]), /nobody can log in/);
    await writeFile(path, `${EVE.line}\n`);
    t.deepEqual(await users(), ['eve']);
    t.is(warnings.length, 2);
    t.regex(String(warnings[1]), /correct again/);
  });
}

test('a line that becomes wrong disables its user alone, with one warning that names it', async (t) => {
  const { path, users, warnings } = await sourceOf(t);
  await writeFile(path, `${ANN.line}\nbob:secret\n`);
  for (let request = 0; request < 3; request++) t.deepEqual(await users(), ['ann']);
  t.is(warnings.length, 1);
  t.regex(String(warnings[0]), /line 2: the hash is not bcrypt.*"bob"/);
  t.false(String(warnings[0]).includes('secret'));
  await writeFile(path, `${BOB.line}\nann:$apr1$x\n`);
  t.deepEqual(await users(), ['bob'], 'who was in the list before does not stay by it');
  t.regex(String(warnings[1]), /line 2: .*"ann"/);
  await writeFile(path, `${BOB.line}\n`);
  t.deepEqual(await users(), ['bob']);
  t.regex(String(warnings[2]), /correct again/);
});

const BREAKERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  removed: (path) => rm(path),
  'replaced by a folder': async (path) => rm(path).then(() => mkdir(path)),
  'replaced by a pipe': async (path) => rm(path).then(() => promisify(execFile)('mkfifo', [path])),
  'replaced by a link to itself': async (path) => rm(path).then(() => symlink(path, path)),
  'larger than a password file can be': (path) => truncate(path, 1024 ** 3),
};
for (const [what, breakIt] of Object.entries(BREAKERS)) {
  test(`when a file is ${what}, the last list that was read stays in effect, with one warning`, async (t) => {
    const { path, users, warnings } = await sourceOf(t);
    t.deepEqual(await users(), ['ann']);
    await breakIt(path);
    for (let request = 0; request < 3; request++) t.deepEqual(await users(), ['ann']);
    t.is(warnings.length, 1);
    t.regex(String(warnings[0]), /cannot be read, so only the users who were in it before can log in/);
    await rm(path, { recursive: true, force: true });
    await writeFile(path, `${EVE.line}\n`);
    t.deepEqual(await users(), ['eve']);
    t.regex(String(warnings.at(-1)), /correct again/);
  });
}

test('a file that admitted no user when it was last read admits none when it is gone', async (t) => {
  const { path, source, warnings } = await sourceOf(t);
  await writeFile(path, '');
  await t.throwsAsync(source.latest(), { code: 'UNAVAILABLE' });
  await rm(path);
  await t.throwsAsync(source.latest(), { code: 'UNAVAILABLE' });
  t.regex(String(warnings.at(-1)), /cannot be read, so nobody can log in/);
});

test('a second, different fault is reported as well', async (t) => {
  const { path, source, users, warnings } = await sourceOf(t);
  await writeFile(path, 'bob\n');
  await t.throwsAsync(source.latest(), { code: 'UNAVAILABLE' });
  await writeFile(path, `${ANN.line}\n\nbob\n`);
  t.deepEqual(await users(), ['ann']);
  t.is(warnings.length, 2);
  t.regex(String(warnings[0]), /line 1/);
  t.regex(String(warnings[1]), /line 3/);
});

test('a start warns of each line that disables its user', async (t) => {
  const folder = await folderWith(t, { users: `bob:secret\n${ANN.line}\n${EVE.line}\neve:{SHA}abc=\n` });
  const warnings: string[] = [];
  const source = await PasswordSource.open(join(folder, 'users'), { warn: (text) => void warnings.push(text) });
  t.deepEqual([...(await source.latest()).hashes.keys()], ['ann']);
  t.deepEqual(warnings, [
    'the password file has a user who cannot log in: line 1: the hash is not bcrypt; create it with htpasswd -B (user "bob")',
    'the password file has a user who cannot log in: line 4: line 3 has the same user; keep only one of them (user "eve")',
  ]);
});

test('a file without a usable user is an error', async (t) => {
  const folder = await folderWith(t, { empty: '', nobody: '# nobody yet\n', wrong: 'ann:secret\nbob\n' });
  const open = (name: string) => PasswordSource.open(join(folder, name), { warn: () => {} });
  await t.throwsAsync(open('empty'), { message: /no users/ });
  await t.throwsAsync(open('nobody'), { message: /no users/ });
  await t.throwsAsync(open('wrong'), { message: /line 1: .*; line 2: / });
});

test('a missing file is an error with the command that creates one', async (t) => {
  const folder = await folderWith(t);
  const path = join(folder, "ann's file");
  const error = await t.throwsAsync(PasswordSource.open(path, { warn: () => {} }));
  t.true(error.message.includes(`htpasswd -Bc '${folder}/ann'\\''s file'`), error.message);
});

test('a folder in place of the file refuses every log-in, with a warning, until there is a file', async (t) => {
  const folder = await folderWith(t, {});
  const path = join(folder, 'place');
  await mkdir(path);
  const warnings: string[] = [];
  const source = await PasswordSource.open(path, { warn: (text) => void warnings.push(text) });
  t.deepEqual(warnings, [`nobody can log in: ${path} is a folder, but must be a password file`]);
  const error = await t.throwsAsync(source.latest(), { instanceOf: RegistryError });
  t.is(error.code, 'UNAVAILABLE');
  await rmdir(path);
  await writeFile(path, ANN.line);
  t.is((await source.latest()).hashes.size, 1);
});

test('a wrong and an unreadable file are errors that say so', async (t) => {
  const folder = await folderWith(t, { wrong: 'ann:secret\n', secret: ANN.line });
  const open = (name: string) => PasswordSource.open(join(folder, name), { warn: () => {} });
  await t.throwsAsync(open('wrong'), { message: /wrong cannot be used: line 1: the hash is not bcrypt/ });
  await chmod(join(folder, 'secret'), 0);
  if (process.getuid?.() === 0) t.log('root reads every file: the unreadable one is not tried');
  else await t.throwsAsync(open('secret'), { message: /cannot be used: EACCES/ });
});
