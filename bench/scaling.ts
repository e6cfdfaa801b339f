import { type Contender, startStowage } from './contenders.ts';
import type { Content } from './content.ts';
import type { Item } from './items.ts';
import { processTree } from './process-usage.ts';
import { limitProcessors } from './processor-limit.ts';
import { detailTable, ratioTable } from './report/speed.ts';
import { measure } from './rounds.ts';

/** Of a core for each process, so that what makes the load is never the limit, also on two cores. */
const SHARE = 0.3;
const LEAST = 1.6;

/** What is measured, and how. */
export interface ScalingPlan {
  readonly folder: string;
  readonly items: readonly Item[];
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly fill: (contenders: readonly Contender[]) => Promise<Content>;
}

/** What a second worker adds where nothing but the workers is the limit: each has the same part of a core. */
export async function measureScaling({ folder, items, rounds, say, fill }: ScalingPlan): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const workers of [1, 2]) {
    contenders.push(stack.adopt(await startStowage(folder, workers), (contender) => contender.stop()));
  }
  const content = await fill(contenders);
  // With a part of a core, compiling would be half of what is measured.
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
