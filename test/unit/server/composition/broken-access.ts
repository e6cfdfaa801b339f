import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { ANN } from '../../plugins/auth/htpasswd/fixture-passwords.ts';

// Each `serve` listens for signals while it starts.
process.setMaxListeners(0);

/** No machine has this address, so that a start fails even where a section is accepted by mistake. */
const HEAD = `version: 0.1
log: {level: error}
storage: {inmemory: {}}
http: {addr: "203.0.113.1:5000", secret: known to every test and long enough for tokens}
`;

/** What stands in the files that a section names. */
const FILES: Readonly<Record<string, string>> = {
  empty: '',
  users: `${ANN.line}\n`,
  'md5.htpasswd': 'ann:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\n',
  'words.htpasswd': 'ann has no password here\n',
  'key.pem':
    '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n',
  'damaged.pem': '-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n',
  'words.json': 'keys',
  'list.json': '[]',
  'no-keys.json': '{"keys": []}',
  'private.json': '{"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}]}',
  'unknown.json': '{"keys": [{"kty": "XX"}]}',
  'short.json': '{"keys": [{"kty": "oct", "kid": "a", "k": "c2hvcnQ"}]}',
  'throws.mjs': "throw new Error('on purpose');\n",
  'nothing.mjs': '',
  'wrapper.mjs':
    "export default {kind: 'driver-wrapper', name: 'x', contract: 1, options: {}, module: () => undefined};\n",
};

/** A section, the line and the key that its message names, and what it says of them: what is wrong, and what to do. */
export type Broken = readonly [section: string, place: string, says: RegExp];

/** The configuration and its files. */
async function configured(t: ExecutionContext, section: string): Promise<string> {
  const folder = await tempRoot(t);
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  await mkdir(join(folder, 'folder'));
  await writeFile(join(folder, 'config.yml'), `${HEAD}${section}\n`);
  return join(folder, 'config.yml');
}

/** Declares a test for each section: neither `serve` nor `check-config` accepts it. */
export function testBroken(sections: Readonly<Record<string, Broken>>): void {
  for (const [what, broken] of Object.entries(sections)) {
    test(`${what} prevents the start, and the message names the line, the key and what to do`, async (t) => {
      const file = await configured(t, broken[0]);
      const serve = await runInProcess(['serve', file]);
      const [, logged = '""'] = /"msg":(".*")/.exec(serve.stderr) ?? [];
      assertRefused(t, broken, { code: serve.code, text: JSON.parse(logged) as string });
      const check = await runInProcess(['check-config', '--connect', file]);
      assertRefused(t, broken, { code: check.code, text: check.stderr });
    });
  }
}

function assertRefused(
  t: ExecutionContext,
  [, place, says]: Broken,
  { code, text }: { readonly code: number | null; readonly text: string },
): void {
  t.not(code, 0);
  const start = text.indexOf(`config.yml:${place}: `);
  t.true(start >= 0, text);
  t.regex(text.slice(start), says);
}
