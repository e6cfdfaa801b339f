import { loadConfiguration } from '../../server/config/index.ts';
import { rebuildReferrers } from '../../server/main.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';

/** `stowage rebuild-referrers`: lists the referrers in a storage that another program has filled. */
export interface RebuildReferrersRequest extends ConfiguredCommand {
  readonly kind: 'rebuild-referrers';
}

/** Lists the referrers of every repository anew, and prints what was found in each. */
export async function run(request: RebuildReferrersRequest, { env, print, complain }: Program): Promise<void> {
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  await rebuildReferrers(loaded, (name, { entries, unreadable }) => {
    if (entries > 0) print(`${name}: ${entries} referrers\n`);
    if (unreadable > 0) complain(`warning: ${name}: ${unreadable} manifests do not match their digest`);
  });
}
