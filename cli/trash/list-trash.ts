import type { RepositoryName } from '../../core/model/reference.ts';
import type { DeletionView } from '../../server/administration/deletion-view.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { textTable } from '../text-table.ts';
import { withTrash } from './trash-access.ts';

/** `stowage trash list`: lists what can come back. */
export type TrashListRequest = AdminTarget & {
  readonly kind: 'trash-list';
  /** Absent: from all repositories. */
  readonly repository: RepositoryName | undefined;
  readonly json: boolean;
};

const HEADINGS = ['DELETED', 'UNTIL', 'BY', 'WHAT', 'TAGS', 'BYTES'];

/** Prints a row for each deletion, and what garbage collections have removed in one line. Changes nothing. */
export async function run(request: TrashListRequest, program: Program): Promise<ExitCode | void> {
  const { repository, json } = request;
  return withTrash({ ...request, changes: false }, program, async (trash) => {
    const deletions = await trash.list(repository);
    const swept = repository === undefined ? await trash.sizeSwept() : undefined;
    if (json) {
      program.print(`${JSON.stringify({ deletions, ...(swept && { swept }) })}\n`);
      return;
    }
    if (deletions.length > 0) program.print(textTable([HEADINGS, ...deletions.map(rowOf)]));
    if (swept !== undefined)
      program.print(`${swept.items} files that garbage collections removed: ${swept.bytes} bytes\n`);
    else if (deletions.length === 0) program.note(`nothing that was deleted from ${repository} can come back`);
  });
}

function rowOf(deletion: DeletionView): string[] {
  const { repository, digest, deletedAt, until, by = '-' } = deletion;
  const row =
    deletion.kind === 'tag'
      ? [`${repository}:${deletion.tag}`, '-', '-']
      : [`${repository}@${digest}`, deletion.tags.join(',') || '-', String(deletion.size)];
  return [deletedAt, until, by, ...row].map(printable);
}
