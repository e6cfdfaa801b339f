import { isTag, type RepositoryName } from '../../core/model/reference.ts';
import { decideTags, type TagFacts } from '../../core/retention/decide-tags.ts';
import { rulesFor } from '../../core/retention/retention-rule.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { readInput, STANDARD_STREAM } from '../images/input-file.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { parseTime } from '../subject-values.ts';
import { UsageError } from '../usage-error.ts';
import { printEach } from './print-decisions.ts';

/** More than a million tags. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;
/** In place of the time of a pull. */
const NEVER = 'never';

/** `stowage retention test`: decides about given tags by the rules of a configuration. */
export interface RetentionTestRequest extends ConfiguredCommand {
  readonly kind: 'retention-test';
  readonly repository: RepositoryName;
  readonly nowMs: number;
  readonly json: boolean;
}

/**
 * Prints whether each tag stays, and why.
 * @throws UsageError for a malformed line
 */
export async function run(request: RetentionTestRequest, program: Program): Promise<void> {
  const path = await chooseFile(request, { say: program.complain });
  const { rules } = (await loadConfiguration({ path, env: program.env })).configuration.retention;
  if (rules.length === 0) throw new UsageError(`${path} has no rules of retention: every tag stays`);
  using stopping = stopSignal();
  const bytes = await readInput(STANDARD_STREAM, MAX_INPUT_BYTES, { input: program.input, signal: stopping.signal });
  const decisions = decideTags(rulesFor(rules, request.repository), readTags(bytes.toString('utf8')), request.nowMs);
  printEach(decisions, { ...request, print: program.print });
}

function readTags(text: string): readonly TagFacts[] {
  const facts = text.split('\n').flatMap((line, index) => {
    const [tag, pushed, pulled, ...others] = line.trim().split(/\s+/);
    if (tag === undefined || tag === '') return [];
    const place = `line ${index + 1} of standard input`;
    if (!isTag(tag)) throw new UsageError(`${place}: ${JSON.stringify(tag)} is no tag`);
    const [pushedAtMs, pulledAtMs] = [pushed, pulled].map((time) => (time === undefined ? undefined : parseTime(time)));
    const isPushedTime = pushed === undefined || pushedAtMs !== undefined;
    const isPulledTime = pulled === undefined || pulled === NEVER || pulledAtMs !== undefined;
    if (others.length > 0 || !isPushedTime || !isPulledTime) {
      throw new UsageError(
        `${place}: expected a tag and a time such as 2026-01-05T09:00:00Z, then perhaps another time or "${NEVER}", found ${JSON.stringify(line.trim())}`,
      );
    }
    const pulls = pulled === undefined ? undefined : { pulledAtMs, recordedSinceMs: undefined };
    return [{ tag, pushedAtMs, pulls, place }];
  });
  const seen = new Set<string>();
  for (const { tag, place } of facts) {
    if (seen.has(tag)) throw new UsageError(`${place}: ${JSON.stringify(tag)} is there twice`);
    seen.add(tag);
  }
  return facts;
}
