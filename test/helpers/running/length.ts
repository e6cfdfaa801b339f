/** Set by the suite `all`, which CI runs, and which has only the test files that import this one. */
const isFullLength = process.env['FULL_LENGTH'] === '1';

/**
 * The extent of a test in `npm run test:all`, and in `npm test`: fewer rounds, clients or groups of cases, but every
 * kind of check.
 */
export function atLength<Value>({ full, short }: { readonly full: Value; readonly short: Value }): Value {
  return isFullLength ? full : short;
}

/** All entries of a table in `npm run test:all`; in `npm test` this many, spread over the table. */
export function entriesAtLength<Entry>(table: readonly Entry[], short: number): readonly Entry[] {
  if (isFullLength || table.length <= short) return table;
  return table.filter(
    (_, index) => Math.floor((index * short) / table.length) !== Math.floor(((index - 1) * short) / table.length),
  );
}

/** The number of runs of a property. */
export function runsAtLength(full: number): number {
  return isFullLength ? full : Math.ceil(full / 8);
}
