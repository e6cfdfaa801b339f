import { digestOf, expectStatus } from '../../../helpers/http/with-registry.ts';
import { attempts, type CarefulClient } from './careful-client.ts';
import { type Engine, OtherImage } from './engines.ts';

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** The parts of an image manifest, in either form. */
export interface ImageManifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Lets a client push images and pull them again until `isOver`; as people do, it tries again what has failed. */
export async function pushForeignImages(
  engine: Engine,
  { client, host, isOver }: { client: CarefulClient; host: string; isOver: () => boolean },
): Promise<void> {
  const repository = `foreign/${engine.name}`;
  for (let number = 0; !isOver(); number += 1) {
    const tag = `v${number}`;
    const image = await engine.newImage(`${engine.name}-${number}-${client.random.below(2 ** 31)}`);
    const reference = `${host}/${repository}:${tag}`;
    await retried(client, `${engine.name} push`, () => image.push(reference));
    const path = `/v2/${repository}/manifests/${tag}`;
    const { body: bytes } = expectStatus(await client.ask('GET', path, { headers: { Accept: ACCEPT } }), 200);
    const manifest = JSON.parse(bytes.toString()) as ImageManifest;
    const digest = digestOf(bytes);
    if (!image.isIn({ digest, configDigest: manifest.config.digest })) throw new Error(`${reference} is ${digest}`);
    client.ledger.manifests.push({ repository, digest, bytes });
    await retried(client, `${engine.name} pull`, () => image.pull(reference));
    client.ledger.done(`${engine.name} pushed and pulled`);
  }
}

async function retried(client: CarefulClient, what: string, action: () => Promise<void>): Promise<void> {
  for (const attempt of attempts(what)) {
    try {
      return await action();
    } catch (error) {
      if (error instanceof OtherImage) throw error;
      client.ledger.retry(what);
      client.ledger.lastFailure = `${what}: ${String(error)}`;
      await client.pause(attempt);
    }
  }
}
