import fc from 'fast-check';
import type { Model } from './model.ts';
import type { World } from './world.ts';

/** The action of a step: sends a request, compares the answer with the model, changes the model. */
export type Act = (model: Model, world: World) => Promise<void>;

/** One step of a sequence, written in a report so that it can be repeated. */
class Step implements fc.AsyncCommand<Model, World> {
  readonly #label: string;
  readonly #act: Act;

  constructor(label: string, act: Act) {
    this.#label = label;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, world: World): Promise<void> {
    return this.#act(model, world);
  }

  toString(): string {
    return this.#label;
  }
}

/** Steps of one kind, each with its generated values. */
export function steps<Values extends object>(
  values: fc.Arbitrary<Values>,
  act: (values: Values) => Act,
): fc.Arbitrary<fc.AsyncCommand<Model, World>> {
  return values.map((given) => new Step(`${act.name}(${JSON.stringify(given)})`, act(given)));
}

/** The small world, in which the same names and blobs recur. */
export const NAMES = ['a', 'a/b', 'a-b', 'b/a'] as const;
export const TAGS = ['v1', 'V2', '_', 'latest'] as const;
export const BODIES = ['', 'x', '0123456789', '{}', '0123456789'.repeat(20)] as const;
export const name = fc.constantFrom<(typeof NAMES)[number][]>('a', 'a', 'a', ...NAMES);
export const tag = fc.constantFrom(...TAGS);
export const body = fc.constantFrom(...BODIES);
/** True once in `times`. */
export const seldom = (times: number) => fc.nat({ max: times - 1 }).map((chance) => chance === 0);
export const algorithm = fc.constantFrom('sha256', 'sha256', 'sha256', 'sha512');
