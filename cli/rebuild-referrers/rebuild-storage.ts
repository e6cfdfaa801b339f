import { loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { runOnce } from '../jobs/run-once.ts';

/** `stowage rebuild-referrers`: lists the referrers in a storage that another program has filled. */
export interface RebuildReferrersRequest extends ConfiguredCommand {
  readonly kind: 'rebuild-referrers';
}

/**
 * Writes the entries that link subjects to their referrers, for the whole storage, even when the configuration is
 * read-only; a registry may run on it meanwhile. Prints the number of referrers in each repository. SIGTERM and SIGINT
 * stop it; it always begins with the first repository.
 * @throws Error that says why it did not complete; the entries written until then stay
 */
export async function run(request: RebuildReferrersRequest, { env, print, complain }: Program): Promise<void> {
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  await runOnce(loaded, {
    job: 'referrer-rebuild',
    dryRun: false,
    evenReadOnly: true,
    log: silentLog,
    onRebuilt: (name, { entries, unreadable }) => {
      if (entries > 0) print(`${name}: ${entries} referrers\n`);
      if (unreadable > 0) complain(`warning: ${name}: ${unreadable} manifests do not match their digest`);
    },
  });
}
