import { Readable } from 'node:stream';
import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { Layer } from '../../../../core/registry/layer.ts';
import type { Upstream } from '../../../../core/scrub/upstream-registry.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { pushImage } from '../../../helpers/core/repository-parts.ts';
import { outcomes, scrubbedAnew } from '../../../helpers/core/scrub-parts.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const LAYER = Buffer.from('the bytes of a layer');
const LAYER_DIGEST = digestOf(LAYER);
const OTHER = Buffer.from('other bytes');

/** A storage with an image, and a registry elsewhere. */
async function withUpstream(
  driver: MemoryDriver,
  { open }: Pick<Upstream, 'open'>,
): Promise<{ readonly core: CoreParts; readonly upstream: Upstream }> {
  const core = composeCore(driver);
  await pushImage(core, name('foo/bar'), { tag: 'v1', layer: LAYER.toString() });
  return { core, upstream: { host: 'registry.example.com', isMirrored: () => true, open } };
}

/** A registry whose blobs state a size and never end. */
function endless(statedSize: number, sent: { bytes: number }): Pick<Upstream, 'open'> {
  const chunk = Buffer.alloc(64 * 1024);
  async function* bytes() {
    for (;;) {
      sent.bytes += chunk.byteLength;
      yield chunk;
    }
  }
  const fetch = async (): Promise<Layer> =>
    ({
      descriptor: { mediaType: 'application/octet-stream', digest: LAYER_DIGEST, size: statedSize },
      open: async () => Readable.from(bytes(), { objectMode: false }),
    }) as unknown as Layer;
  const registry = { layers: { fetch }, manifests: {}, [Symbol.asyncDispose]: async () => undefined };
  return { open: async () => registry as unknown as Awaited<ReturnType<Upstream['open']>> };
}

for (const [what, statedSize, mostBytes] of [
  ['states a larger size', 1024 ** 4, 0],
  ['sends more than it states', LAYER.byteLength, 1024 * 1024],
] as const) {
  test(`a registry that ${what} is cut off at the size that the manifest states`, async (t) => {
    const driver = new MemoryDriver();
    const sent = { bytes: 0 };
    const { core, upstream } = await withUpstream(driver, endless(statedSize, sent));
    await core.driver.delete(core.paths.blobFolder(LAYER_DIGEST));
    const scrubbed = await scrubbedAnew(driver, { upstream });
    t.deepEqual(outcomes(scrubbed), ['blob-missing none', 'layer-link-dangling none']);
    const missing = scrubbed.findings.find(({ code }) => code === 'blob-missing');
    t.regex(missing?.reason ?? '', /it sends more than the 20 bytes that the content may have/);
    t.true(sent.bytes <= mostBytes, `${sent.bytes} bytes`);
    t.false([...(await storedFiles(driver)).keys()].some((path) => path.includes(`${LAYER_DIGEST.slice(7)}/data`)));
  });
}

test('a registry that states an impossible size is cut off also where no manifest was read', async (t) => {
  const driver = new MemoryDriver();
  const sent = { bytes: 0 };
  const { core, upstream } = await withUpstream(driver, endless(1024 ** 4, sent));
  await core.driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  const { findings } = await scrubbedAnew(driver, { upstream });
  t.regex(findings[0]?.reason ?? '', /it sends more than the 17179869184 bytes/);
  t.is(sent.bytes, 0);
});
