import type { ConfiguredCommand } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { timeOf } from '../jobs/describe-run.ts';
import { textTable } from '../text-table.ts';
import { withTrash } from './with-trash.ts';

/** `stowage trash list`: lists what can come back. */
export interface TrashListRequest extends ConfiguredCommand {
  readonly kind: 'trash-list';
  readonly json: boolean;
}

const HEADINGS = ['DELETED', 'UNTIL', 'BY', 'WHAT', 'TAGS', 'BYTES'];

/** Prints a row for each deletion, and what garbage collections have removed in one line. Changes nothing. */
export async function run(request: TrashListRequest, program: Program): Promise<void> {
  await withTrash({ ...request, changes: false }, program, async ({ trash, signal }) => {
    const deletions = [];
    for await (const { name, deleted } of trash.all()) {
      signal.throwIfAborted();
      deletions.push({ repository: name, untilMs: deleted.deletedAtMs + trash.keepMs, ...deleted });
    }
    const swept = await trash.sizeSwept({ signal });
    if (request.json) {
      const views = deletions.map(({ deletedAtMs, untilMs, ...others }) => {
        return { ...others, deletedAt: timeOf(deletedAtMs), until: timeOf(untilMs) };
      });
      program.print(`${JSON.stringify({ deletions: views, swept })}\n`);
      return;
    }
    const rows = deletions.map((each) => [
      timeOf(each.deletedAtMs),
      timeOf(each.untilMs),
      each.by ?? '-',
      each.kind === 'tag' ? `${each.repository}:${each.tag}` : `${each.repository}@${each.digest}`,
      each.kind === 'tag' ? '-' : each.tags.join(',') || '-',
      each.kind === 'tag' ? '-' : String(each.size),
    ]);
    if (rows.length > 0) program.print(textTable([HEADINGS, ...rows]));
    program.print(`${swept.items} files that garbage collections removed: ${swept.bytes} bytes\n`);
  });
}
