import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Digest } from '../../../../core/digest/digest.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { artifact, describe } from '../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { as, passwordOf, usersIn } from '../../../helpers/http/audited-registry.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { secret } from '../../../helpers/secrets/known-secrets.ts';

const LAYER = 'the bytes of a layer';
const LAYER_DIGEST = digestOf(LAYER);
const IMAGE = artifact({ layers: [describe(LAYER, 'application/vnd.oci.image.layer.v1.tar')] });
const REPOSITORY = 'team/app';

async function pushImage(registry: Registry, headers?: ReturnType<typeof as>): Promise<void> {
  for (const body of [LAYER, '{}']) {
    const begun = await registry.ask('POST', `/v2/${REPOSITORY}/blobs/uploads/?digest=${digestOf(body)}`, {
      body,
      ...(headers && { headers }),
    });
    expectStatus(begun, 201);
  }
  const type = { 'Content-Type': IMAGE.type };
  const put = { body: IMAGE.body, headers: { ...headers, ...type } };
  expectStatus(await registry.ask('PUT', `/v2/${REPOSITORY}/manifests/v1`, put), 201);
}

/** Damages both kinds of content, scrubs, and returns the output. */
async function scrub(
  t: ExecutionContext,
  registry: Registry,
  upstream: object,
): Promise<Awaited<ReturnType<typeof runInProcess>>> {
  const path = join(await tempRoot(t), 'scrub.yml');
  const maintenance = { scrub: { upstream } };
  const storage = { filesystem: { rootdirectory: registry.root }, maintenance };
  const http = { addr: '127.0.0.1:0', secret: 'x' };
  await writeFile(path, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http }));
  for (const digest of [LAYER_DIGEST, IMAGE.digest]) {
    const file = join(registry.root, new PathMapper().blobData(digest as Digest));
    // A scrub before this one may have moved it away.
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'damaged');
  }
  return runInProcess(['scrub', path]);
}

testWithCertificates(
  'a blob and a manifest are repaired from a registry with TLS of an authority of its own and a log-in',
  async (t, { folder, certificates }) => {
    const root = await certificates.make('root', 'authority');
    const server = await certificates.make('server', 'server', root);
    const ca = await readFile(root.certFile, 'utf8');
    const upstream = await withRegistry(t, {
      ...{ storage: { filesystem: {} }, folder, ca },
      http: { tls: { certificate: server.certFile, key: server.keyFile } },
      auth: await usersIn(folder, 'scrubber'),
    });
    await pushImage(upstream, as('scrubber'));
    const passwordfile = join(folder, 'password');
    await writeFile(passwordfile, `${secret(passwordOf('scrubber'))}\n`);

    const registry = await withRegistry(t, { storage: { filesystem: {} } });
    await pushImage(registry);
    const given = {
      ...{ url: `https://localhost:${new URL(upstream.address).port}`, username: 'scrubber', passwordfile },
      ...{ only: ['team/**'], tls: { rootcas: [root.certFile] } },
    };
    const { code, stdout, stderr } = await scrub(t, registry, given);
    t.is(stderr, '');
    t.is(code, 9);
    const repaired = stdout.match(
      /^content-damaged .* \(repaired\): .* \(repaired from the registry localhost:\d+\)$/gm,
    );
    t.is(repaired?.length, 2, stdout);
    t.is(expectStatus(await registry.ask('GET', `/v2/${REPOSITORY}/blobs/${LAYER_DIGEST}`), 200).text, LAYER);
    t.is(expectStatus(await registry.ask('GET', `/v2/${REPOSITORY}/manifests/v1`), 200).text, IMAGE.body);

    const distrusting = await scrub(t, registry, { ...given, tls: {} });
    t.is(distrusting.code, 9);
    t.regex(distrusting.stdout, /\(quarantined\): .* \(it could not be repaired: .*certificate is not trusted/);
    await writeFile(passwordfile, 'wrong\n');
    const refused = await scrub(t, registry, given);
    t.is(refused.code, 9, refused.stderr);
    t.regex(
      refused.stdout,
      /it could not be repaired: .*UNAUTHORIZED|it could not be repaired: .*(?:refused|rejected|401)/i,
    );
  },
);
