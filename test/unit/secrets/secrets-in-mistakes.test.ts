import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { startNode } from '../../helpers/processes/run-process.ts';
import { newSecret } from '../../helpers/secrets/known-secrets.ts';
import { checkForSecrets } from '../../helpers/secrets/watched-output.ts';

const CLI = 'dist/bundle/bin.js';

/** Mistakes around secrets, as variables and as lines at the end of the file. */
const MISTAKES: readonly (readonly [key: string, value: (text: string) => string])[] = [
  ['http', (text) => `{ secret: [${text}] }`],
  ['redis', (text) => `{ addrs: ["redis://me:${text}@127.0.0.1:1"], password: { x: ${text} } }`],
  ['proxy', (text) => `{ remoteurl: "ftp://me:${text}@hub.example.com", password: ${text} }`],
  ['auth', (text) => `{ htpasswd: { realm: test, path: htpasswd, password: ${text} } }`],
  [
    'notifications',
    (text) => `{ endpoints: [{ url: "x://me:${text}@a/", headers: { Authorization: ["Bearer ${text}"] } }] }`,
  ],
  ['storage', (text) => `{ s3: { accesskey: a, secretkey: ${text}, bucket: b } }`],
];

for (const [key, value] of MISTAKES) {
  test(`check-config shows no secret of a wrong ${key}, in the file or in a variable`, async (t) => {
    const folder = await tempRoot(t);
    const file = join(folder, 'config.yml');
    const inFile = newSecret(key);
    await writeFile(file, `version: 0.1\n${key === 'storage' ? '' : 'storage: inmemory\n'}${key}: ${value(inFile)}\n`);
    const ofFile = await startNode([CLI, 'check-config', '--connect', file]).finished;
    const inVariable = newSecret(`${key} in a variable`);
    await writeFile(file, 'version: 0.1\nstorage: inmemory\n');
    const variables = {
      [`REGISTRY_${key.toUpperCase()}`]: value(inVariable),
      REGISTRY_HTTP_SECRTE: newSecret('misspelt'),
    };
    const ofVariable = await startNode([CLI, 'check-config', file], variables).finished;
    for (const { stdout, stderr } of [ofFile, ofVariable]) checkForSecrets('check-config', stdout + stderr);
    t.not(ofFile.stderr, '');
    t.not(ofVariable.stderr, '');
  });
}
