import type { Digest } from '../../core/digest/digest.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { administrate } from '../admin/administrator.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage quarantine release`, `stowage quarantine drop`: decides on quarantined content. */
export type QuarantineChangeRequest = AdminTarget & {
  readonly kind: 'quarantine-release' | 'quarantine-drop';
  readonly digest: Digest;
};

/** Puts the content back if it is right, or removes what is wrong. */
export async function run(request: QuarantineChangeRequest, program: Program): Promise<ExitCode | void> {
  const { kind, digest } = request;
  const target = { ...request, changes: true };
  const path = `quarantine/${encodeURIComponent(digest)}`;
  if (kind === 'quarantine-release') {
    await administrate(target, program, {
      local: async ({ quarantine }, signal) => void (await quarantine.release(digest, signal)),
      remote: async (administration, signal) => void (await administration.send('POST', `${path}/release`, { signal })),
    });
    program.print(`released ${digest}: it can be pulled again\n`);
    return;
  }
  await administrate(target, program, {
    local: async ({ quarantine }, signal) => void (await quarantine.drop(digest, signal)),
    remote: async (administration, signal) => void (await administration.send('DELETE', path, { signal })),
  });
  program.print(`dropped what was damaged of ${digest}\n`);
}
