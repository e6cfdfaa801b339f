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
    if (deletions.length > 0) program.print(textTable([HEADINGS, ...rowsOf(deletions)]));
    if (swept !== undefined)
      program.print(`${swept.items} files that garbage collections removed: ${swept.bytes} bytes\n`);
    else if (deletions.length === 0) program.note(`nothing that was deleted from ${repository} can come back`);
  });
}

/** A row for each deletion, and one for each delete of a whole repository. */
function* rowsOf(deletions: readonly DeletionView[]): Generator<string[], void, undefined> {
  const whole = Map.groupBy(deletions, ({ repository, change }) => change && `${repository} ${change}`);
  for (const deletion of deletions) {
    const { repository, change } = deletion;
    const all = change === undefined ? undefined : whole.get(`${repository} ${change}`);
    if (all === undefined) yield rowOf(deletion);
    else if (all[0] === deletion) yield rowOfRepository(deletion, all);
  }
}

/** It can come back whole until the first part of it is over. */
function rowOfRepository(first: DeletionView, all: readonly DeletionView[]): string[] {
  const { repository, deletedAt, until, by = '-' } = first;
  const tags = all.filter(({ kind }) => kind === 'tag').length;
  const bytes = all.reduce((sum, each) => sum + (each.kind === 'manifest' ? each.size : 0), 0);
  return [deletedAt, until, by, repository, `${tags} tags`, String(bytes)].map(printable);
}

function rowOf(deletion: DeletionView): string[] {
  const { repository, digest, deletedAt, until, by = '-' } = deletion;
  const row =
    deletion.kind === 'tag'
      ? [`${repository}:${deletion.tag}`, '-', '-']
      : [`${repository}@${digest}`, deletion.tags.join(',') || '-', String(deletion.size)];
  return [deletedAt, until, by, ...row].map(printable);
}
