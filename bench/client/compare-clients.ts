import { availableParallelism } from 'node:os';
import { startStowage } from '../contenders/stowage.ts';
import { isChosen } from '../items/chosen.ts';
import { describeMachine } from '../machine.ts';
import { clientTable } from '../report/clients.ts';
import { loadLine, missingLines } from '../report/markdown.ts';
import { verdictTable } from '../report/speed.ts';
import { clientVerdicts } from '../targets/client-verdicts.ts';
import { otherClients, stowageClient } from './image-client.ts';
import { CLIENT_ITEMS, FULL_SHAPES, QUICK_SHAPES } from './items.ts';
import { type ClientPlan, measureClients } from './measure-clients.ts';

/** The number of short rounds that replace each requested one: disturbances last about as long as one of them. */
const SMALL_ROUNDS_EACH = 5;

/** What to measure, and how. */
export interface ClientComparison {
  readonly folder: string;
  readonly quick: boolean;
  readonly rounds: number;
  /** Only items whose id contains one of these. */
  readonly only: readonly string[];
  readonly say: (text: string) => void;
}

/** Compares the client with skopeo and crane, all against one registry of this build, and prints the results. */
export async function compareClients({ folder, quick, rounds, only, say }: ClientComparison): Promise<void> {
  const others = otherClients();
  const missing = others.flatMap((other) => ('reason' in other ? [other] : []));
  const rivals = others.flatMap((other) => ('reason' in other ? [] : [other]));
  const ours = stowageClient();
  const clients = [ours, ...rivals];
  const notes = [
    ...describeMachine(),
    ...clients.map(({ name, version }) => `${name}: version ${version}`),
    ...missingLines(missing),
  ];
  for (const note of notes) say(note);
  await using stack = new AsyncDisposableStack();
  const registry = stack.adopt(await startStowage(folder, 1), (started) => started.stop());
  const items = CLIENT_ITEMS.filter(({ id }) => isChosen({ only }, id));
  const place = { folder, url: registry.url, shapes: QUICK_SHAPES, name: `run${Date.now()}` };
  const quickPlan = { items, clients, rounds: { large: rounds, small: rounds }, place };
  const plan = quick ? quickPlan : { ...quickPlan, ...(await afterWarmingUp(quickPlan)) };
  const { results, loads } = await measureClients(plan);
  say(`Rounds: ${plan.rounds.large} of the large image, ${plan.rounds.small} of the small one`);
  say(loadLine(loads, availableParallelism()));
  say(`\n${clientTable(results)}`);
  say(`\n${verdictTable(clientVerdicts(results, ours, rivals))}`);
  for (const line of missingLines(missing)) say(`\n${line}: the targets above are compared without it.`);
}

/** Warms up: the first start of a program waits for the disk, and the registry compiles its code. */
async function afterWarmingUp(plan: ClientPlan): Promise<Pick<ClientPlan, 'rounds' | 'place'>> {
  const { rounds, place } = plan;
  await measureClients({ ...plan, rounds: { large: 1, small: 1 }, place: { ...place, name: `${place.name}-first` } });
  return { rounds: { ...rounds, small: rounds.small * SMALL_ROUNDS_EACH }, place: { ...place, shapes: FULL_SHAPES } };
}
