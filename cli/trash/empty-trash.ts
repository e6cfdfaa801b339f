import type { RepositoryName } from '../../core/model/reference.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { ExitCode, Program } from '../command.ts';
import { withTrash } from './trash-access.ts';

/** `stowage trash empty`: removes everything from the trash, or what was deleted from one repository. */
export type TrashEmptyRequest = AdminTarget & {
  readonly kind: 'trash-empty';
  readonly repository: RepositoryName | undefined;
  readonly dryRun: boolean;
};

/** Prints how much was removed, or would be. */
export async function run(request: TrashEmptyRequest, program: Program): Promise<ExitCode | void> {
  const { repository, dryRun } = request;
  return withTrash({ ...request, changes: !dryRun }, program, async (trash) => {
    const { items, bytes } = await trash.empty({ repository, dryRun });
    program.print(`${dryRun ? 'would remove' : 'removed'} ${items} items, ${bytes} bytes\n`);
  });
}
