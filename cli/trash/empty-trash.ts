import type { ConfiguredCommand } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { withTrash } from './with-trash.ts';

/** `stowage trash empty`: removes everything from the trash. */
export interface TrashEmptyRequest extends ConfiguredCommand {
  readonly kind: 'trash-empty';
  readonly dryRun: boolean;
}

/** Prints how much was removed, or would be. */
export async function run(request: TrashEmptyRequest, program: Program): Promise<void> {
  const { dryRun } = request;
  await withTrash({ ...request, changes: !dryRun }, program, async ({ trash, signal }) => {
    const { items, bytes } = await trash.empty({ signal, dryRun, now: true });
    program.print(`${dryRun ? 'would remove' : 'removed'} ${items} items, ${bytes} bytes\n`);
  });
}
