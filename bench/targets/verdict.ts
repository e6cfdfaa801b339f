import { formatNumber } from '../report/table.ts';

/** A target of Stowage, and whether it was reached. */
export interface Verdict {
  readonly title: string;
  readonly goal: string;
  readonly reached: string;
  readonly met: boolean;
}

/** @param of what the numbers count, such as `times distribution` */
export function atLeast(
  title: string,
  { least, reached, of }: { least: number; reached: number; of: string },
): Verdict {
  return { title, goal: `at least ${short(least)} ${of}`, reached: formatNumber(reached), met: reached >= least };
}

/** @param of what the numbers count, such as `MiB` */
export function atMost(title: string, { most, reached, of }: { most: number; reached: number; of: string }): Verdict {
  return { title, goal: `at most ${short(most)} ${of}`, reached: formatNumber(reached), met: reached <= most };
}

function short(value: number): string {
  return String(Number(value.toFixed(3)));
}
