import { isLinearizable } from './check.ts';
import type { Operation, Value } from './history.ts';

/**
 * The smallest part of a history that shows that it is not linearizable, in the order of its starts; nothing when it
 * is. The part begins with any value.
 */
export function violationIn(operations: readonly Operation[]): Operation[] {
  if (isLinearizable(operations)) return [];
  const until = firstFailing(operations);
  const part = until.toSorted((a, b) => a.start - b.start);
  // What happened from nothing on is not always wrong when it may begin with any value.
  return isLinearizable(part, { initial: 'any' }) ? part : shrink(part);
}

/** One line for each operation, times from the first one on. */
export function describeViolation(operations: readonly Operation[]): string[] {
  const origin = Math.min(...operations.map(({ start }) => start));
  const time = (at: number): string => (Number.isFinite(at) ? (at - origin).toFixed(1) : 'unknown');
  return operations.map(
    ({ kind, value, start, end, by }) =>
      `${time(start)} to ${time(end)} ms: ${by ?? 'somebody'} ${kind === 'read' ? 'reads' : 'writes'} ${nameOf(value)}`,
  );
}

function nameOf(value: Value): string {
  return value === undefined ? 'nothing' : value.slice(0, 19);
}

/** The shortest beginning, by time of ends, that fails: what had not ended by then has an unknown outcome. */
function firstFailing(operations: readonly Operation[]): Operation[] {
  const ends = operations
    .map(({ end }) => end)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isLinearizable(untilTime(operations, ends[middle]))) low = middle + 1;
    else high = middle;
  }
  return untilTime(operations, ends[high]);
}

function untilTime(operations: readonly Operation[], time = Number.POSITIVE_INFINITY): Operation[] {
  return operations
    .filter(({ kind, start, end }) => (kind === 'write' ? start <= time : end <= time))
    .map((operation) => (operation.end > time ? { ...operation, end: Number.POSITIVE_INFINITY } : operation));
}

/** Leaves out what is not needed. A write that is read stays, because its absence would be a fault, too. */
function shrink(operations: readonly Operation[]): Operation[] {
  let part = [...operations];
  let size = Math.ceil(part.length / 2);
  for (;;) {
    const shorter = withoutParts(part, size);
    if (size === 1 && shorter.length === part.length) return part;
    part = shorter;
    size = Math.ceil(size / 2);
  }
}

/** From the end, so that a read goes before its write. */
function withoutParts(operations: readonly Operation[], size: number): Operation[] {
  let part = [...operations];
  for (let from = part.length - size; from > -size; from -= size) {
    const rest = [...part.slice(0, Math.max(0, from)), ...part.slice(from + size)];
    if (keepsWhatIsRead(part, rest) && !isLinearizable(rest, { initial: 'any' })) part = rest;
  }
  return part;
}

function keepsWhatIsRead(before: readonly Operation[], after: readonly Operation[]): boolean {
  const writes = new Set(after.filter(({ kind }) => kind === 'write').map(({ value }) => value));
  const were = new Set(before.filter(({ kind }) => kind === 'write').map(({ value }) => value));
  return after.every(({ kind, value }) => kind === 'write' || writes.has(value) || !were.has(value));
}
