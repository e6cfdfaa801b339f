import type { Search } from '../../core/registry/local/collection/collector.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { describeReport } from './describe-run.ts';
import { runOnce } from './run-once.ts';
import { type GivenLimits, withLimits } from './with-limits.ts';

/** `stowage garbage-collect`: removes garbage now, with the options of distribution. */
export interface GarbageCollectRequest extends ConfiguredCommand, Pick<GivenLimits, 'callRate'> {
  readonly kind: 'garbage-collect';
  readonly dryRun: boolean;
  readonly deletesUntagged: boolean;
  readonly isQuiet: boolean;
}

/**
 * Collects garbage with the shortest grace, even when the configuration is read-only, as distribution recommends for its
 * own command. Prints what may be removed in the words of distribution, and then what was removed.
 * @throws Error that says why it did not complete
 */
export async function run(request: GarbageCollectRequest, { env, print, complain }: Program): Promise<void> {
  const { dryRun, deletesUntagged, isQuiet } = request;
  const given = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  const loaded = withLimits(given, 'gc', request);
  const { configuration } = loaded;
  const gc = { ...configuration.storage.gc, graceMs: 0, deletesUntagged, dryRun };
  const storage = { ...configuration.storage, gc };
  // The options of distribution know no time for which an untagged manifest stays.
  const retention = { ...configuration.retention, untagged: [] };
  const onFound = (search: Search): void => {
    if (!isQuiet) print(describeCandidates(search));
  };
  const { report } = await runOnce(
    { ...loaded, configuration: { ...configuration, storage, retention } },
    { job: 'gc', dryRun, evenReadOnly: true, log: silentLog, onFound },
  );
  if (!isQuiet) print(`${describeReport(report)}${dryRun ? '; dry run, nothing was changed' : ''}\n`);
}

/** The lines that scripts for distribution read. */
function describeCandidates({ sizes, untagged, contents, marks }: Search): string {
  const blobs = [...sizes].flatMap(([digest, size]) => (size === undefined ? [] : [digest]));
  return [
    ...untagged.map(({ name, digest }) => `manifest eligible for deletion: {${name} ${digest} []}`),
    '',
    `${contents - blobs.length} blobs marked, ${blobs.length} blobs and ${untagged.length} manifests eligible for deletion`,
    ...blobs.map((digest) => `blob eligible for deletion: ${digest}`),
    ...marks.unclear.map((name) => `${name}: everything stays, because a manifest is damaged or has an unknown form`),
    '',
  ].join('\n');
}
