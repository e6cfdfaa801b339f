import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { KeyFileError, SigningKeyFiles } from '../../../../../plugins/auth/embedded/signing-key-files.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';
import { missingPackages, testsThatNeed } from '../../../../helpers/running/tests-that-need.ts';

const withOpenssl = testsThatNeed(missingPackages({ openssl: 'openssl' }), {
  describe: (count) => `${count} test of keys as openssl writes them`,
});

function pem(namedCurve = 'P-256', type: 'pkcs8' | 'sec1' = 'pkcs8'): string {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type, format: 'pem' }).toString();
}

/** Key files with a clock and warnings that the test sees. */
async function keyFiles(t: ExecutionContext, ...contents: readonly string[]) {
  const folder = await tempRoot(t);
  const paths = contents.map((_content, index) => join(folder, `${index}.pem`));
  for (const [index, path] of paths.entries()) await writeFile(path, contents[index] ?? '', { mode: 0o600 });
  const warnings: string[] = [];
  const state = { nowMs: 0 };
  const open = (): Promise<SigningKeyFiles> =>
    SigningKeyFiles.open(paths, { warn: (message) => void warnings.push(message), now: () => state.nowMs });
  return { paths, warnings, state, open };
}

test('the first key signs, and all of them verify, each once', async (t) => {
  const [first, second] = [pem(), pem('P-256', 'sec1')];
  const { open } = await keyFiles(t, first, second, first);
  const { current, trusted } = await (await open()).current();
  t.is(trusted.ids.length, 2);
  t.deepEqual(trusted.ids.slice(0, 1), [current.kid]);
});

test('a changed file counts within five seconds, and one that is damaged changes nothing', async (t) => {
  const { paths, warnings, state, open } = await keyFiles(t, pem());
  const files = await open();
  const before = await files.current();
  await writeFile(paths[0] ?? '', pem());
  t.is(await files.current(), before);
  state.nowMs += 5_000;
  const after = await files.current();
  t.not(after.current.kid, before.current.kid);
  await writeFile(paths[0] ?? '', 'nonsense');
  state.nowMs += 5_000;
  t.is(await files.current(), after);
  t.is(warnings.length, 2);
  t.regex(warnings[1] ?? '', /stay as they were: the key file .*0\.pem cannot be used: it contains no private key/);
});

test('a key that is replaced while the clock is set back does not stay in effect until it has caught up', async (t) => {
  const { paths, state, open } = await keyFiles(t, pem());
  const files = await open();
  const before = await files.current();
  await writeFile(paths[0] ?? '', pem());
  state.nowMs -= 3_600_000;
  t.not((await files.current()).current.kid, before.current.kid);
});

const REFUSED: Readonly<Record<string, readonly [content: string, message: RegExp]>> = {
  'a key of another curve': [pem('P-384'), /its key is not of the curve P-256; create one: openssl genpkey/],
  'a key of RSA': [
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    /its key is not of the curve P-256/,
  ],
  'a public key': [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    /it contains no private key of the curve P-256 \(PEM, PKCS#8 or SEC1\)/,
  ],
  'an encrypted key': [
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString(),
    /it is encrypted; decrypt it/,
  ],
  'a damaged key': [pem().replace(/\n(.{20})/, '\n'), /its private key is damaged/],
  'no content': ['', /it contains no private key/],
  'too much content': ['x'.repeat(70_000), /it has 70000 bytes; at most 65536 are allowed/],
};
for (const [what, [content, message]] of Object.entries(REFUSED)) {
  test(`a file with ${what} is refused with its name and what to do`, async (t) => {
    const { paths, open } = await keyFiles(t, pem(), content);
    const error = await t.throwsAsync(open(), { instanceOf: KeyFileError, message });
    t.is(error.index, 1);
    t.true(error.message.includes(paths[1] ?? ''));
    t.false(error.message.includes(content.slice(40, 80) || '-----'));
  });
}

test('a file that does not exist is refused with how to create it', async (t) => {
  const missing = join(await tempRoot(t), 'key.pem');
  const opening = SigningKeyFiles.open([missing], { warn: () => undefined, now: Date.now });
  await t.throwsAsync(opening, {
    instanceOf: KeyFileError,
    message: /key\.pem cannot be used: it does not exist; create/,
  });
});

test('a key that every user of the machine can read is reported', async (t) => {
  const { paths, warnings, open } = await keyFiles(t, pem());
  await open();
  t.deepEqual(warnings, []);
  await chmod(paths[0] ?? '', 0o644);
  await open();
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^every user of this machine can read the key that signs tokens/);
});

withOpenssl('keys as openssl writes them are taken', async (t) => {
  const run = promisify(execFile);
  const [modern, old] = await Promise.all([
    run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']),
    run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey']),
  ]);
  const { open } = await keyFiles(t, modern.stdout, old.stdout);
  t.is((await (await open()).current()).trusted.ids.length, 2);
});
