import type { DriverCase } from './driver-case.ts';

/** The name of a case, as it is shown and as patterns match it. */
export function caseName({ group, title }: Pick<DriverCase, 'group' | 'title'>): string {
  return `${group}: ${title}`;
}

/**
 * The cases that match one of the patterns: a part of the name, in which `*` stands for any text. Case does not matter.
 */
export function selectCases(cases: readonly DriverCase[], patterns: readonly string[]): readonly DriverCase[] {
  const expressions = patterns.map(expressionOf);
  return cases.filter((driverCase) => expressions.some((expression) => expression.test(caseName(driverCase))));
}

function expressionOf(pattern: string): RegExp {
  return new RegExp(pattern.split('*').map(escaped).join('.*'), 'i');
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
