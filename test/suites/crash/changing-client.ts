import { content } from '../../../testing/driver-case.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
} from '../../helpers/http/with-registry.ts';
import type { Push } from '../../helpers/invariants/acknowledged.ts';
import type { Random } from '../simulation/random.ts';

/** What a client asks for, or has been told. */
export interface Step {
  readonly kind: 'ask' | 'answer';
  readonly push: Omit<Push, 'bytes'>;
  /** Nothing for a delete. */
  readonly bytes: Buffer | undefined;
}

/** What one client works with. */
export interface ChangingClient {
  readonly registry: Registry;
  readonly random: Random;
  /** No other client uses it in a tag or a layer. */
  readonly name: string;
  readonly onStep: (step: Step) => void;
}

/** Pushes images with small and large layers, in one request or in several, moves a tag from one to the next, and deletes. */
export async function pushAndChange(client: ChangingClient, images: number): Promise<void> {
  const { random, name } = client;
  const repository = random.pick(['power/one', 'power/two/deep']);
  let before: string | undefined;
  for (let image = 0; image < images; image += 1) {
    const bytes = random.pick([20, 2000, 300_000]) + random.below(100);
    const layer = `${name} ${content(bytes / 2, random.below(1 << 20)).toString('hex')}`;
    await Promise.all([pushBlob(client, repository, '{}'), pushBlob(client, repository, layer)]);
    const manifest = imageManifest(layer);
    const digest = digestOf(manifest);
    for (const reference of [digest, `${name}-${image}`, `${name}-latest`]) {
      await change(client, { kind: 'manifest', repository, reference }, Buffer.from(manifest), async () => {
        expectStatus(
          await client.registry.putManifest(repository, reference, { body: manifest, type: OCI_MANIFEST }),
          201,
        );
      });
    }
    if (before !== undefined && random.chance(0.5))
      await deleteImage(client, repository, `${name}-${image - 1}`, before);
    before = digest;
    if (random.chance(0.2)) await deleteLayer(client, repository, `${name} ${image}`);
  }
}

async function deleteImage(client: ChangingClient, repository: string, tag: string, digest: string): Promise<void> {
  for (const reference of [tag, digest]) {
    await change(client, { kind: 'manifest', repository, reference }, undefined, async () => {
      expectStatus(await client.registry.ask('DELETE', `/v2/${repository}/manifests/${reference}`), 202);
    });
  }
}

async function deleteLayer(client: ChangingClient, repository: string, layer: string): Promise<void> {
  await pushBlob(client, repository, layer);
  const reference = digestOf(layer);
  await change(client, { kind: 'blob', repository, reference }, undefined, async () => {
    expectStatus(await client.registry.ask('DELETE', `/v2/${repository}/blobs/${reference}`), 202);
  });
}

async function pushBlob(client: ChangingClient, repository: string, text: string): Promise<void> {
  const { registry, random } = client;
  const bytes = Buffer.from(text);
  const reference = digestOf(bytes);
  await change(client, { kind: 'blob', repository, reference }, bytes, async () => {
    const chunks = random.below(3);
    const size = Math.ceil(bytes.byteLength / (chunks + 1));
    let location = await registry.startUpload(repository);
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      location = await registry.sendChunk(location, bytes.subarray(chunk * size, (chunk + 1) * size));
    }
    const body = bytes.subarray(chunks * size);
    expectStatus(await registry.finishUpload(location, reference, { body }), 201);
  });
}

async function change(
  { onStep }: ChangingClient,
  push: Step['push'],
  bytes: Buffer | undefined,
  action: () => Promise<void>,
): Promise<void> {
  onStep({ kind: 'ask', push, bytes });
  await action();
  onStep({ kind: 'answer', push, bytes });
}

/** What content may be there, after the steps so far: what was answered last, or what was asked for since. */
export class Expectations {
  readonly #known = new Map<
    string,
    { readonly push: Step['push']; last: Buffer | undefined; asked: (Buffer | undefined)[] }
  >();

  add({ kind, push, bytes }: Step): void {
    const key = `${push.kind} ${push.repository} ${push.reference}`;
    const known = this.#known.get(key) ?? { push, last: undefined, asked: [] };
    this.#known.set(key, known);
    if (kind === 'ask') {
      known.asked.push(bytes);
      return;
    }
    known.last = bytes;
    known.asked.splice(known.asked.indexOf(bytes), 1);
  }

  /** One sentence for each content that is not as it must be. */
  async broken(fetchPush: (push: Push) => Promise<Uint8Array | undefined>): Promise<string[]> {
    const broken: string[] = [];
    for (const [key, { push, last, asked }] of this.#known) {
      const found = await fetchPush({ ...push, bytes: Buffer.alloc(0) });
      const isAllowed = [last, ...asked].some((bytes) =>
        bytes === undefined || found === undefined ? bytes === found : bytes.equals(found),
      );
      if (!isAllowed) broken.push(`${key}: ${found === undefined ? 'is gone' : 'is wrong, or was deleted'}`);
    }
    return broken;
  }
}
