import type { RepositoryName } from '../../core/model/reference.ts';
import { type UploadView, uploadView } from '../../server/administration/upload-view.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { administrate } from '../admin/administrator.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { textTable } from '../text-table.ts';

/** `stowage uploads`: lists uploads in progress. */
export type UploadsRequest = AdminTarget & {
  readonly kind: 'uploads';
  /** Absent: of all repositories. */
  readonly repository: RepositoryName | undefined;
  readonly json: boolean;
};

const HEADINGS = ['REPOSITORY', 'ID', 'BYTES', 'BYTES/S', 'STARTED', 'OWNER'];
const PAGE = 1000;

/** Prints a table. A storage alone does not know owner and rate. */
export async function run(request: UploadsRequest, program: Program): Promise<ExitCode | void> {
  const { repository, json } = request;
  const show = (uploads: readonly UploadView[]): void => {
    if (json) program.print(`${JSON.stringify({ uploads })}\n`);
    else if (uploads.length === 0) program.note('there are no uploads in progress');
    else program.print(textTable([HEADINGS, ...uploads.map(rowOf)]));
  };
  return administrate({ ...request, changes: false }, program, {
    local: async ({ uploads }, signal) => {
      const all: UploadView[] = [];
      let after: string | undefined;
      do {
        const page = await uploads.list({ limit: PAGE, after, repository, signal });
        all.push(...page.uploads.map(uploadView));
        after = page.next;
      } while (after !== undefined);
      show(all);
    },
    remote: async (administration, signal) => {
      const all: UploadView[] = [];
      const keys = { entries: 'uploads', id: 'id' };
      const query = { n: String(PAGE) };
      for await (const upload of administration.list('uploads', keys, { repository, query, signal }))
        all.push(upload as unknown as UploadView);
      show(all);
    },
  });
}

function rowOf({ repository, id, bytes, bytesPerSecond, receiving, startedAt, owner }: UploadView): string[] {
  const rate = receiving ? String(bytesPerSecond ?? '-') : '-';
  return [repository, id, String(bytes), rate, startedAt ?? '-', owner ?? '-'].map(printable);
}
