import type { RepositoryName, Tag } from '../../core/model/reference.ts';
import { rulesFor } from '../../core/retention/retention-rule.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { UsageError } from '../usage-error.ts';
import { printEach } from './print-decisions.ts';

/** `stowage retention explain`: decides about stored tags, and changes nothing. */
export interface RetentionExplainRequest extends ConfiguredCommand {
  readonly kind: 'retention-explain';
  readonly repository: RepositoryName;
  /** Absent: all tags of the repository. */
  readonly tag: Tag | undefined;
  readonly json: boolean;
}

/**
 * Prints whether the tags stay, and why. It reads all tags of the repository: which are the newest depends on the others.
 * @throws ClientFailure with exit code 4 if there is no such tag
 */
export async function run(request: RetentionExplainRequest, { env, print, complain }: Program): Promise<void> {
  const { repository, tag } = request;
  const path = await chooseFile(request, { say: complain });
  const loaded = await loadConfiguration({ path, env });
  const { rules } = loaded.configuration.retention;
  if (rules.length === 0) throw new UsageError(`${path} has no rules of retention: every tag stays`);
  if (rulesFor(rules, repository).length === 0) {
    print(`no rule is for ${repository}: every tag stays\n`);
    return;
  }
  await requireStorage(loaded);
  await using open = await openJobs(loaded, { log: silentLog });
  using stopping = stopSignal();
  const decisions = await open.decideTags(repository, stopping.signal);
  const wanted = decisions.filter(({ facts }) => tag === undefined || facts.tag === tag);
  if (wanted.length === 0) {
    throw new ClientFailure(`${repository} has ${tag === undefined ? 'no tags' : `no tag ${tag}`}`, 4);
  }
  printEach(wanted, { ...request, print });
}
