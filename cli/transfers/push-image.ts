import { parseImageReference } from '../../client/references/image-reference.ts';
import { runClient, TRANSFER_STOPPED } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { isLocal, parseLocalImage } from './local-image.ts';
import { transferImage } from './transfer-image.ts';
import type { TransferRequest } from './transfer-request.ts';

/** `stowage push`: pushes what is in a folder or an archive. */
export interface PushRequest {
  readonly kind: 'push';
  readonly source: string;
  readonly target: string;
  readonly transfer: TransferRequest;
}

/**
 * Pushes an image, and prints its reference in the registry.
 * @throws UsageError when the target is no registry
 */
export async function run({ source, target, transfer }: PushRequest, program: Program): Promise<ExitCode | void> {
  return await runClient({ ...transfer, stopNote: TRANSFER_STOPPED }, program, async (client) => {
    const to = parseImageReference(target);
    if (to.kind !== 'registry') throw new UsageError('push goes to a registry; "stowage copy" goes anywhere');
    const ends = { source: await parseLocalImage(source), target: to };
    const sourceLabel = isLocal(source) ? undefined : source;
    await transferImage({ ...ends, sourceLabel }, transfer, { ...client, program });
  });
}
