/** Hears what part of some work is done, from 0 to 1. Called every few driver calls, also with the same part again. */
export type OnPart = (part: number) => void;

/** For a stage of work: what it tells from 0 to 1 is told as a part of the whole, from `from` to `to`. */
export function stageOf(onStep: OnPart, from: number, to: number): OnPart {
  return (part) => onStep(from + (to - from) * part);
}
