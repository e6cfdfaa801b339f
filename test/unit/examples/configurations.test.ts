import { globSync, readFileSync } from 'node:fs';
import { copyFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfiguration } from '../../../server/config/index.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { CertificateMaker } from '../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../helpers/http/test-with-certificates.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';
import { ANN } from '../plugins/auth/htpasswd/fixture-passwords.ts';

const examples = globSync('examples/*.yml');
/** With which an operator may begin as they are. */
const starters = [...examples, 'config.yml', 'deploy/config.yml'];
/** Folders of several machines may be on NFS, where a collection needs a mount option. */
const SHARED = ['examples/redis-cluster.yml'];

/** The files that operators put beside an example. */
async function addFiles(folder: string, text: string): Promise<void> {
  if (text.includes('path: htpasswd')) await writeFile(join(folder, 'htpasswd'), `${ANN.line}\n`);
  if (!text.includes('certificate: certificate.pem')) return;
  const { certFile, keyFile } = await new CertificateMaker(folder).make('server', 'server');
  await rename(certFile, join(folder, 'certificate.pem'));
  await rename(keyFile, join(folder, 'key.pem'));
  if (text.includes('clientcas: [clients.pem]'))
    await copyFile(join(folder, 'certificate.pem'), join(folder, 'clients.pem'));
}

/** What the file alone lacks: all instances of a deployment share a secret. */
function variables(path: string): Readonly<Record<string, string>> {
  return path.startsWith('deploy/') ? { REGISTRY_HTTP_SECRET: 'the same in every instance' } : {};
}

for (const example of starters) {
  const text = readFileSync(example, 'utf8');
  const declare = text.includes('certificate: certificate.pem') ? testWithCertificates : test;
  declare(`check-config accepts ${example} without a warning`, async (t: ExecutionContext) => {
    const folder = await tempRoot(t);
    await addFiles(folder, text);
    await copyFile(example, join(folder, 'config.yml'));
    const { code, stderr } = await runInProcess(['check-config', join(folder, 'config.yml')], variables(example));
    t.is(stderr, '');
    t.is(code, 0);
  });

  test(`${example} says what it is for, and contains no secret`, (t) => {
    t.true(text.startsWith('# '));
    t.notRegex(text, /^[^#]*(?:secret|password):/m);
  });
}

for (const path of starters.filter((each) => !SHARED.includes(each))) {
  test(`a registry with ${path} frees the space of what was deleted by itself, some days later`, async (t) => {
    const { storage } = (await loadConfiguration({ path, env: {} })).configuration;
    if (!storage.deleteEnabled && storage.gc.intervalMs === undefined) return void t.pass('nothing is ever deleted');
    t.is(storage.gc.intervalMs, 24 * 3_600_000);
    t.is(storage.keepDeletedMs, 72 * 3_600_000);
    t.false(storage.gc.dryRun);
  });
}

test('without keys, a registry collects no garbage and keeps nothing', async (t) => {
  const text = 'version: 0.1\nstorage: {inmemory: {}}\n';
  const { storage } = (await loadConfiguration({ path: 'config.yml', text, env: {} })).configuration;
  t.is(storage.gc.intervalMs, undefined);
  t.is(storage.keepDeletedMs, 0);
});

test('the page of the examples names each of them', (t) => {
  const page = readFileSync('examples/README.md', 'utf8');
  for (const example of examples) t.true(page.includes(`](${basename(example)})`), example);
  t.true(examples.length > 0);
});
