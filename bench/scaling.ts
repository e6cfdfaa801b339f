import type { Contender } from './contenders/contender.ts';
import { startStowage } from './contenders/stowage.ts';
import type { Content } from './content.ts';
import type { Item } from './items/item.ts';
import { processTree } from './process-usage.ts';
import { limitProcessors } from './processor-limit.ts';
import { detailTable, ratioTable } from './report/speed.ts';
import { measure } from './rounds.ts';

/** The part of a core for each process: so small that the load generator is not the limit, even on two cores. */
const SHARE = 0.3;
const LEAST = 1.6;

/** What to measure, and how. */
export interface ScalingPlan {
  readonly folder: string;
  readonly items: readonly Item[];
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly fill: (contenders: readonly Contender[]) => Promise<Content>;
}

/** Measures the gain of a second worker where only the workers are the limit: each has the same part of a core. */
export async function measureScaling({ folder, items, rounds, say, fill }: ScalingPlan): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const workers of [1, 2]) {
    contenders.push(stack.adopt(await startStowage(folder, workers), (contender) => contender.stop()));
  }
  const content = await fill(contenders);
  // With a part of a core, compilation would be half of the measured time.
  await measure(contenders, { items, content, folder, rounds: 1, say: () => undefined });
  for (const contender of contenders) {
    const [first = 0, ...children] = await processTree(contender.pid ?? 0);
    stack.use(await limitProcessors(children.length === 0 ? [first] : children, SHARE));
  }
  const measurement = await measure(contenders, { items, content, folder, rounds, say });
  const [one] = contenders;
  say(`\nEach process has ${SHARE} of a core; the aim is ${LEAST} times.\n`);
  say(ratioTable(measurement, contenders, one));
  for (const contender of contenders) say(`\n${contender.name}\n\n${detailTable(measurement, contender)}`);
}
