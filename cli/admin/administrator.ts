import type { RemoteAdministration } from '../../client/remote/remote-administration.ts';
import type { AdministrationOfStorage } from '../../server/administration/administration.ts';
import type { ExitCode, Program } from '../command.ts';
import type { AdminTarget } from './admin-target.ts';

/** What a command of administration does, in both ways; what it shows is the same. */
interface AdminActions {
  /** On a storage. */
  readonly local: (administration: AdministrationOfStorage, signal: AbortSignal) => Promise<ExitCode | void>;
  /** On a registry that runs. */
  readonly remote: (administration: RemoteAdministration, signal: AbortSignal) => Promise<ExitCode | void>;
}

/**
 * Does one or the other, as the command line says.
 * @param target.changes whether it stores or removes something
 * @throws ClientFailure, and what opening a storage throws
 */
export async function administrate(
  target: AdminTarget & { readonly kind: string; readonly changes: boolean; readonly stopNote?: string },
  program: Program,
  actions: AdminActions,
): Promise<ExitCode | void> {
  if (target.registry === undefined) {
    const { withLocalAdministration } = await import('./local-administration.ts');
    return withLocalAdministration(target, program, actions.local);
  }
  const { withRemoteAdministration } = await import('./remote-administration.ts');
  return withRemoteAdministration(target, program, actions.remote);
}
