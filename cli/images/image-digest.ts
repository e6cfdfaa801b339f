import type { WantedPlatform } from '../../client/copy/selection.ts';
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../client/references/image-reference.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { parseTag, type Reference } from '../../core/model/reference.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { readImage } from './read-image.ts';

/** `stowage digest`: prints the digest of an image. */
export interface DigestRequest {
  readonly kind: 'digest';
  readonly image: string;
  readonly platform: WantedPlatform | undefined;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/** Prints the digest of an image. A registry is asked by HEAD, which does not count as a pull. */
export async function run(request: DigestRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async (client) => {
    const image = parseImageReference(request.image);
    const digest = await digestOfImage(image, request, client);
    program.print(request.json ? `${JSON.stringify({ image: formatImageReference(image), digest })}\n` : `${digest}\n`);
  });
}

async function digestOfImage(
  image: ImageReference,
  { platform }: Pick<DigestRequest, 'platform'>,
  { connections, signal }: ClientRun,
): Promise<Digest> {
  if (image.kind === 'registry' && platform === undefined) {
    const { host, repository, tag = parseTag('latest'), digest } = image;
    const reference: Reference = digest === undefined ? { kind: 'tag', tag } : { kind: 'digest', digest };
    return (await (await connections.remote(host)).manifests.stat(repository, reference, { signal })).digest;
  }
  await using open = await openImage(image, connections, { signal });
  return (await readImage(open, platform, { signal })).digest;
}
