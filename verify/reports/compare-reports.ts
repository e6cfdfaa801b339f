import type { ComparedReport } from './report.ts';
import { isHeldAgainst } from './verdict.ts';

type Result = ComparedReport['results'][number];

/** A check whose outcome differs between two reports; an outcome is absent if a report did not run the check. */
export interface Change {
  readonly id: string;
  readonly before: Result | undefined;
  readonly after: Result | undefined;
}

/** The differences between two reports. */
export interface Comparison {
  /** The registries of the reports. */
  readonly registries: readonly [before: string, after: string];
  /** Checks that count against the registry now but did not before, possibly because they were not run. */
  readonly newlyFailing: readonly Change[];
  /** Checks that counted against the registry and pass now. */
  readonly newlyPassing: readonly Change[];
  /** All other checks whose outcome differs. */
  readonly others: readonly Change[];
  /** The number of checks with the same outcome. */
  readonly same: number;
}

/** Compares two reports check by check, by their ids. */
export function compareReports(before: ComparedReport, after: ComparedReport): Comparison {
  const old = new Map(before.results.map((result) => [result.id, result]));
  const now = new Map(after.results.map((result) => [result.id, result]));
  const changes = [...new Set([...old.keys(), ...now.keys()])]
    .map((id): Change => ({ id, before: old.get(id), after: now.get(id) }))
    .filter((change) => change.before?.outcome !== change.after?.outcome);
  const newlyFailing = changes.filter(isNewlyFailing);
  const newlyPassing = changes.filter(isNewlyPassing);
  const others = changes.filter((change) => !newlyFailing.includes(change) && !newlyPassing.includes(change));
  const registries = [before.registry, after.registry] as const;
  return {
    registries,
    newlyFailing,
    newlyPassing,
    others,
    same: new Set([...old.keys(), ...now.keys()]).size - changes.length,
  };
}

function isNewlyFailing({ before, after }: Change): boolean {
  return after !== undefined && isHeldAgainst(after) && (before === undefined || !isHeldAgainst(before));
}

function isNewlyPassing({ before, after }: Change): boolean {
  return after?.outcome === 'passed' && before !== undefined && isHeldAgainst(before);
}
