import { type QuarantineView, quarantineView } from '../../server/administration/quarantine-view.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { administrate } from '../admin/administrator.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { textTable } from '../text-table.ts';

/** `stowage quarantine list`: lists damaged content that a scrub has moved aside. */
export type QuarantineListRequest = AdminTarget & { readonly kind: 'quarantine-list'; readonly json: boolean };

const HEADINGS = ['DIGEST', 'BYTES', 'STORED', 'REPLACED'];
const PAGE = 1000;

/** Prints a table. */
export async function run(request: QuarantineListRequest, program: Program): Promise<ExitCode | void> {
  const show = (quarantined: readonly QuarantineView[]): void => {
    if (request.json) program.print(`${JSON.stringify({ quarantined })}\n`);
    else if (quarantined.length === 0) program.note('nothing is in quarantine');
    else program.print(textTable([HEADINGS, ...quarantined.map(rowOf)]));
  };
  return administrate({ ...request, changes: false }, program, {
    local: async ({ quarantine }, signal) => {
      const all: QuarantineView[] = [];
      let after: string | undefined;
      do {
        const page = await quarantine.list({ limit: PAGE, after, signal });
        all.push(...page.contents.map(quarantineView));
        after = page.next;
      } while (after !== undefined);
      show(all);
    },
    remote: async (administration, signal) => {
      const all: QuarantineView[] = [];
      const keys = { entries: 'quarantined', id: 'id' };
      for await (const entry of administration.list('quarantine', keys, { query: { n: String(PAGE) }, signal }))
        all.push(entry as unknown as QuarantineView);
      show(all);
    },
  });
}

function rowOf({ digest, bytes, storedAt, replaced }: QuarantineView): string[] {
  return [digest, String(bytes), storedAt, replaced ? 'yes' : 'no'].map(printable);
}
