import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import { fieldsOf, withAudit } from '../../../../helpers/http/audited-registry.ts';
import { digestOf, expectStatus, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../../helpers/running/run-in-process.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const QUARANTINE = '/v2/_ext/admin/quarantine';
const DIGEST = digestOf('layer');
const CONTENT = `docker/registry/v2/blobs/sha256/${DIGEST.slice(7, 9)}/${DIGEST.slice(7)}/data`;

test('a digest without anything in quarantine, and what is no digest, are refused with what is wrong', async (t) => {
  const { registry, recorded } = await withAudit(t, { others: WITH_ADMINISTRATION, audit: { events: ['admin'] } });
  t.deepEqual(JSON.parse(expectStatus(await registry.ask('GET', QUARANTINE), 200).text), { quarantined: [] });
  const paths = [
    ['DELETE', DIGEST],
    ['POST', `${DIGEST}/release`],
  ] as const;
  for (const [method, path] of paths) {
    const [error] = assertError(t, await registry.ask(method, `${QUARANTINE}/${path}`), 404, 'BLOB_UNKNOWN');
    t.regex(JSON.stringify(error), /is not in quarantine/);
    assertError(t, await registry.ask(method, `${QUARANTINE}/${path.replace('sha256:', 'x')}`), 400, 'DIGEST_INVALID');
  }
  const lines = fieldsOf(await recorded(), 'action', 'outcome', 'digest');
  t.deepEqual(lines[0], { action: 'admin', outcome: 'failed', digest: DIGEST });
});

for (const way of ['through its admin API', 'through its storage'] as const) {
  test(`damaged content is listed, refused to be released, and dropped ${way}`, async (t) => {
    const folder = await tempRoot(t);
    const registry = await withRegistry(t, { storage: { filesystem: {} }, folder, others: WITH_ADMINISTRATION });
    const path = join(folder, 'commands.yml');
    const storage = { filesystem: { rootdirectory: registry.root } };
    await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { secret: 'x' } }));
    const target = way === 'through its storage' ? [path] : ['--registry', new URL(registry.address).host];
    await registry.pushBlob('app', 'layer');
    t.like(await runInProcess(['quarantine', 'list', ...target]), { code: 0, stdout: '' });
    await writeFile(join(registry.root, CONTENT), 'laser');
    t.is((await runInProcess(['scrub', path])).code, 9);
    assertError(t, await registry.ask('GET', `/v2/app/blobs/${DIGEST}`), 404, 'BLOB_UNKNOWN');
    const { stdout } = await runInProcess(['quarantine', 'list', ...target]);
    t.regex(stdout, new RegExp(`^DIGEST .*\\n${DIGEST}  5  +20\\S+Z  no\\n$`));
    const json = await runInProcess(['quarantine', 'list', '--json', ...target]);
    t.like(JSON.parse(json.stdout), { quarantined: [{ digest: DIGEST, bytes: 5, replaced: false }] });
    const refused = await runInProcess(['quarantine', 'release', DIGEST, ...target]);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /does not match sha256:\w+; push the content again/);
    await registry.pushBlob('app', 'layer');
    t.regex((await runInProcess(['quarantine', 'list', ...target])).stdout, /yes\n$/);
    const dropped = await runInProcess(['quarantine', 'drop', DIGEST, ...target]);
    t.like(dropped, { code: 0, stdout: `dropped what was damaged of ${DIGEST}\n` });
    t.is((await runInProcess(['quarantine', 'drop', DIGEST, ...target])).code, 4);
    t.is((await registry.ask('GET', `/v2/app/blobs/${DIGEST}`)).text, 'layer');
  });
}

test('a digest that is none is a mistake in the usage', async (t) => {
  for (const what of ['release', 'drop'])
    t.is((await runInProcess(['quarantine', what, 'sha256:1', 'config.yml'])).code, 2);
});
