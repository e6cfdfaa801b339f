import { parseUploadId, type RepositoryName } from '../../core/model/reference.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { administrate } from '../admin/administrator.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage uploads cancel`: removes an upload in progress. */
export type UploadsCancelRequest = AdminTarget & {
  readonly kind: 'uploads-cancel';
  readonly repository: RepositoryName;
  readonly id: string;
};

/** Cancels an upload, so that its client has to begin again. */
export async function run(request: UploadsCancelRequest, program: Program): Promise<ExitCode | void> {
  const { repository, id } = request;
  await administrate({ ...request, changes: true }, program, {
    local: ({ uploads }) => uploads.cancel(repository, parseUploadId(id)),
    remote: async (administration, signal) => {
      await administration.send('DELETE', `uploads/${encodeURIComponent(id)}`, { repository, signal });
    },
  });
  program.print(`cancelled the upload ${id} to ${repository}\n`);
}
