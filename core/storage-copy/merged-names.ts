/** A name in one of two lists, or in both. */
export interface MergedName {
  readonly name: string;
  readonly isInSource: boolean;
  readonly isInTarget: boolean;
}

/** Merges two lists in byte order; at any time it holds one name of each. */
export async function* mergedNames(
  source: AsyncIterable<string>,
  target: AsyncIterable<string>,
): AsyncGenerator<MergedName, void, undefined> {
  const [ours, theirs] = [source[Symbol.asyncIterator](), target[Symbol.asyncIterator]()];
  try {
    let [one, other] = await Promise.all([next(ours), next(theirs)]);
    while (one !== undefined || other !== undefined) {
      // Names of storage paths are ASCII, so this is byte order.
      const isInSource = one !== undefined && (other === undefined || one <= other);
      const isInTarget = other !== undefined && (one === undefined || other <= one);
      yield { name: (isInSource ? one : other) ?? '', isInSource, isInTarget };
      if (isInSource) one = await next(ours);
      if (isInTarget) other = await next(theirs);
    }
  } finally {
    await Promise.all([ours.return?.(), theirs.return?.()]);
  }
}

async function next(names: AsyncIterator<string>): Promise<string | undefined> {
  const result = await names.next();
  return result.done === true ? undefined : result.value;
}
