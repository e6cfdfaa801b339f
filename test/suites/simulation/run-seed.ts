import { hexOf } from '../../../core/digest/digest.ts';
import { scrubbedAnew } from '../../helpers/core/scrub-parts.ts';
import { brokenRule, brokenRules, contentPath } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { stuckUploads } from '../../helpers/invariants/stuck-uploads.ts';
import { runClient } from './clients.ts';
import { beginCollections, putBackAll } from './collections.ts';
import { describe } from './describe.ts';
import type { FinalState } from './history.ts';
import { beginOperators } from './operators.ts';
import type { Step } from './scheduler.ts';
import { createWorld, type Sabotage, type World, type WorldOptions } from './world.ts';

/** The result of a seed. */
export interface Outcome {
  readonly seed: number;
  /** Empty if nothing was wrong. */
  readonly problems: readonly string[];
  readonly steps: readonly Step[];
  /** The ways in which uploads were finished. */
  readonly ways: World['ways'];
}

const MAX_STEPS = 5000;
const TAG = /^\/docker\/registry\/v2\/repositories\/(.+)\/_manifests\/tags\/[^/]+\/current\/link$/;

/**
 * Runs some clients against two processes, beside garbage collections, in an order of storage calls that the seed decides.
 */
export async function runSeed(seed: number, sabotage?: Sabotage, options?: WorldOptions): Promise<Outcome> {
  const world = await createWorld(seed, sabotage, options);
  const { random, scheduler, hasOperators } = world;
  const problems: string[] = [];
  let running = 0;
  const begin = (clients: number, relies = false): void => {
    running += clients;
    for (let client = clients; client > 0; client -= 1) {
      void runClient(world, relies)
        .catch((error: unknown) => void problems.push(`a client got ${describe(error)}`))
        .finally(() => (running -= 1));
    }
  };
  begin(2 + random.below(4));
  const onSweep = (): void => begin(1 + random.below(3), random.chance(0.5));
  const onProblem = (problem: string): void => void problems.push(problem);
  const collections = beginCollections(world, { onSweep, onProblem });
  const operators = hasOperators
    ? beginOperators(world, { onKilled: () => collections.begin(), onProblem })
    : undefined;
  while (problems.length === 0 && scheduler.steps.length < MAX_STEPS) {
    collections.step();
    operators?.step();
    const step = await scheduler.step();
    if (step === undefined) break;
    problems.push(...brokenBy(world, step));
  }
  if (problems.length === 0 && running > 0) problems.push(`${running} clients never came to an end`);
  if (problems.length === 0 && collections.isStuck) problems.push('a garbage collection never came to an end');
  if (problems.length === 0 && (operators?.running ?? 0) > 0) problems.push('an operator never came to an end');
  if (problems.length === 0) problems.push(...(await problemsAtRest(world)));
  return { seed, problems, steps: scheduler.steps, ways: world.ways };
}

/** The rules that the last step broke: only the files that it touched are checked. */
function brokenBy({ scheduler: { files, steps }, history }: World, { site }: Step): string[] {
  const isBroken = (path: string): string[] => {
    const problem = files.has(path) ? brokenRule(files, path) : undefined;
    if (problem === undefined) return [];
    const repository = TAG.exec(path)?.[1];
    if (repository !== undefined && history.mayDangle(repository, files.get(path)?.toString() ?? '')) return [];
    return [`after step ${steps.length}: ${path}: ${problem}`];
  };
  if (site.to !== undefined) return isBroken(site.to);
  if (site.call === 'write') return isBroken(site.path);
  if (site.call !== 'delete') return [];
  return [...files.keys()].filter((path) => TAG.test(path)).flatMap(isBroken);
}

/** The rules that a world breaks, and what it has lost, after all clients have ended. */
export async function problemsAtRest(world: World): Promise<string[]> {
  const { storage, history, scheduler, processes, sabotage, hasScrubs } = world;
  if (sabotage.forgetsAsides !== true) await putBackAll(storage);
  // What a killed scrub has moved comes back with the next one.
  if (hasScrubs) await scrubbedAnew(storage);
  const files = await storedFiles(storage);
  const text = (path: string): string | undefined =>
    files.get(`/docker/registry/v2/repositories/${path}/link`)?.toString();
  const state: FinalState = {
    hasBlob: (repository, digest) =>
      text(`${repository}/_layers/sha256/${hexOf(digest)}`) === digest && files.has(contentPath(digest)),
    hasManifest: (repository, digest) => text(`${repository}/_manifests/revisions/sha256/${hexOf(digest)}`) === digest,
    tag: (repository, tag) => text(`${repository}/_manifests/tags/${tag}/current`),
  };
  const problems = [...brokenRules(files), ...history.contradictions(state)];
  scheduler.release();
  for (const process of processes) problems.push(...(await stuckUploads(files, process)));
  return problems;
}

/** The steps of a run, one a line, with ids that are the same in every run. */
export function formatSteps(steps: readonly Step[]): string {
  const ids = new Map<string, string>();
  return steps
    .map(({ process, site: { call, path, to } }) => `${process} ${call} ${path}${to === undefined ? '' : ` ${to}`}`)
    .join('\n')
    .replace(/(?<=(?:_uploads|collections|_trash\/swept|_deleted|_quarantine\/sha256\/[0-9a-f]+)\/)[^/\s]+/g, (id) => {
      ids.set(id, ids.get(id) ?? `id-${ids.size}`);
      return ids.get(id) ?? id;
    });
}
