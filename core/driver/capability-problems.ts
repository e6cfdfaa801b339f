import { inspect } from 'node:util';
import type { DriverCapabilities } from './driver-capabilities.ts';

/** The name of a capability that is true or false. */
export type BooleanCapability = {
  [Name in keyof DriverCapabilities]-?: DriverCapabilities[Name] extends boolean | undefined ? Name : never;
}[keyof DriverCapabilities];

/** The values that a capability can have, and their description in messages. */
interface Domain<Value> {
  readonly has: (value: unknown) => value is Value;
  readonly inWords: string;
}

const YES_OR_NO: Domain<boolean> = { has: (value) => typeof value === 'boolean', inWords: 'true or false' };

const YES_NO_OR_ABSENT: Domain<boolean | undefined> = {
  has: (value): value is boolean | undefined => value === undefined || YES_OR_NO.has(value),
  inWords: `${YES_OR_NO.inWords}, or be omitted`,
};

/** A new capability does not compile without an entry here. */
const DOMAINS: { readonly [Name in keyof DriverCapabilities]-?: Domain<DriverCapabilities[Name]> } = {
  persistent: YES_OR_NO,
  shared: YES_OR_NO,
  atomicMove: YES_OR_NO,
  strongListing: YES_OR_NO,
  hidesUncommitted: YES_OR_NO,
  exclusiveWriters: YES_OR_NO,
  redirect: YES_OR_NO,
  conditionalWrites: YES_NO_OR_ABSENT,
  hidesEmptyFolders: YES_NO_OR_ABSENT,
  locality: { has: (value) => value === 'local' || value === 'remote', inWords: '"local" or "remote"' },
  minAppendBytes: {
    has: (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
    inWords: 'a whole number, 0 or more',
  },
};

/**
 * Every difference between `claims` and {@link DriverCapabilities}, one line each: the capability, what it must be, and
 * what was found. Only the test kit can show whether a claim is true.
 */
export function capabilityProblems(claims: object): string[] {
  return Object.entries(DOMAINS).flatMap(([name, { has, inWords }]) => {
    const value: unknown = Reflect.get(claims, name);
    return has(value) ? [] : [`capabilities.${name} must be ${inWords}, found ${show(value)}`];
  });
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}
