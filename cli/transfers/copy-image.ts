import { parseImageReference } from '../../client/references/image-reference.ts';
import { runClient, TRANSFER_STOPPED } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { transferImage } from './transfer-image.ts';
import type { TransferRequest } from './transfer-request.ts';

/** `stowage copy`: copies an image between any two places. */
export interface CopyRequest {
  readonly kind: 'copy';
  readonly source: string;
  readonly target: string;
  readonly transfer: TransferRequest;
}

/** Copies an image, and prints its reference in the target. */
export async function run({ source, target, transfer }: CopyRequest, program: Program): Promise<ExitCode | void> {
  return await runClient({ ...transfer, stopNote: TRANSFER_STOPPED }, program, async (client) => {
    const ends = { source: parseImageReference(source), target: parseImageReference(target) };
    await transferImage(ends, transfer, { ...client, program });
  });
}
