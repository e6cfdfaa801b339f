import { globSync, readFileSync } from 'node:fs';
import { copyFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { CertificateMaker } from '../../helpers/http/certificates.ts';
import { testWithCertificates } from '../../helpers/http/test-with-certificates.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';
import { ANN } from '../plugins/auth/htpasswd/fixture-passwords.ts';

const examples = globSync('examples/*.yml');

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

for (const example of examples) {
  const text = readFileSync(example, 'utf8');
  const declare = text.includes('certificate: certificate.pem') ? testWithCertificates : test;
  declare(`check-config accepts ${basename(example)} without a warning`, async (t: ExecutionContext) => {
    const folder = await tempRoot(t);
    await addFiles(folder, text);
    await copyFile(example, join(folder, 'config.yml'));
    const { code, stderr } = await runInProcess(['check-config', join(folder, 'config.yml')]);
    t.is(stderr, '');
    t.is(code, 0);
  });

  test(`${basename(example)} says what it is for, and contains no secret`, (t) => {
    t.true(text.startsWith('# '));
    t.notRegex(text, /^[^#]*(?:secret|password):/m);
  });
}

test('the page of the examples names each of them', (t) => {
  const page = readFileSync('examples/README.md', 'utf8');
  for (const example of examples) t.true(page.includes(`](${basename(example)})`), example);
  t.true(examples.length > 0);
});
