import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTag } from '../../../core/model/reference.ts';
import { decideTags, type TagFacts } from '../../../core/retention/decide-tags.ts';
import { NamePattern } from '../../../plugins/patterns/name-pattern.ts';
import { type GivenRule, retentionRule } from '../../helpers/core/retention-rules.ts';
import { holds } from './property.ts';
import { textOf } from './texts.ts';

const NOW = 1_000_000;

const pattern = fc.constantFrom('*', 'v*', 'v?', 'pr-*', 'v1', '*1', 'latest');
const patterns = fc.uniqueArray(pattern, { minLength: 1, maxLength: 2 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const keep = fc.record({
  newest: maybe(fc.integer({ min: 1, max: 3 })),
  newestVersions: maybe(fc.integer({ min: 1, max: 3 })),
  pushedWithinMs: maybe(fc.integer({ min: 1, max: 20 })),
  pulledWithinMs: maybe(fc.integer({ min: 1, max: 20 })),
});
const time = fc.integer({ min: NOW - 30, max: NOW + 2 });
const pulls = fc.record({ pulledAtMs: maybe(time), recordedSinceMs: maybe(time) });
const rule = fc.record({ tags: patterns, except: fc.uniqueArray(pattern, { maxLength: 1 }), keep });
const tag = fc.oneof(
  fc
    .tuple(fc.constantFrom('v', 'pr-', ''), fc.integer({ min: 0, max: 9 }))
    .map(([prefix, number]) => `${prefix}${number}`),
  fc.constantFrom('latest', 'main', 'v1.2', '1.2.3', '2.0.0-rc.1', '2.0.0', '1.10.0'),
);
const tags = fc
  .uniqueArray(fc.record({ tag, pushedAtMs: maybe(time), pulls: maybe(pulls) }), {
    selector: (each) => each.tag,
    maxLength: 12,
  })
  .map((all): TagFacts[] => all.map((each) => ({ ...each, tag: parseTag(each.tag) })));

/** The same in other words: whether one tag stays, by counting those that come before it. Versions are left to unit tests. */
function staysNaively(
  rules: readonly GivenRule[],
  all: readonly TagFacts[],
  { tag: name, pushedAtMs, pulls: known }: TagFacts,
): boolean {
  const judge = (text: string): number =>
    rules.findIndex(({ tags: own = [], except = [] }) => {
      const matches = (list: readonly string[]): boolean => list.some((each) => new NamePattern(each).matches(text));
      return matches(own) && !matches(except);
    });
  const number = judge(name);
  const conditions = rules[number]?.keep;
  if (conditions === undefined) return true;
  const { newest, pushedWithinMs, pulledWithinMs } = conditions;
  if ([newest, pushedWithinMs, pulledWithinMs].every((condition) => condition === undefined)) return false;
  if (pushedAtMs === undefined) return true;
  const before = all.filter((other) => {
    if (judge(other.tag) !== number || other.pushedAtMs === undefined) return false;
    return other.pushedAtMs > pushedAtMs || (other.pushedAtMs === pushedAtMs && other.tag > name);
  });
  if (before.length < (newest ?? 0) || pushedAtMs >= NOW - (pushedWithinMs ?? -1e9)) return true;
  if (pulledWithinMs === undefined) return false;
  // It goes only if no moment of that time may have seen a push or a pull.
  const moments = Array.from({ length: pulledWithinMs + 3 }, (_, index) => NOW + 2 - index);
  return moments.some((moment) => {
    const isPull = known === undefined || known.pulledAtMs === moment || known.recordedSinceMs === moment;
    return isPull || pushedAtMs === moment;
  });
}

holds('rules keep what a naive reading of them keeps', 5000, () =>
  fc.property(fc.array(rule, { maxLength: 3 }), tags, (given, all) => {
    const rules = given.map(({ keep: { newestVersions: _, ...conditions }, ...rest }) => ({
      ...rest,
      keep: conditions,
    }));
    const decided = decideTags(rules.map(retentionRule), all, NOW);
    assert.deepEqual(
      decided.map(({ stays }) => stays),
      all.map((facts) => staysNaively(rules, all, facts)),
    );
  }),
);

holds('another condition never makes a tag go', 5000, () =>
  fc.property(rule, tags, (given, all) => {
    const { newestVersions, ...others } = given.keep;
    const onlyVersions = [others.newest, others.pushedWithinMs, others.pulledWithinMs].every(
      (each) => each === undefined,
    );
    // Alone, it spares what is no version.
    fc.pre(!(onlyVersions && newestVersions !== undefined));
    const staying = (one: GivenRule): Set<string> =>
      new Set(decideTags([retentionRule(one)], all, NOW).flatMap(({ stays, facts }) => (stays ? [facts.tag] : [])));
    const more = staying(given);
    for (const each of staying({ ...given, keep: others })) assert.ok(more.has(each), each);
  }),
);

const wildcards = textOf('ab*?/', { min: 1, max: 6 }).filter((text) => !text.includes('***'));

holds('a pattern that covers another one matches every name that it matches', 5000, () =>
  fc.property(wildcards, wildcards, textOf('ab/', { min: 1, max: 6 }), (one, other, name) => {
    const [wide, narrow] = [new NamePattern(one), new NamePattern(other)];
    if (wide.covers(narrow) && narrow.matches(name)) assert.ok(wide.matches(name));
    assert.ok(wide.covers(wide));
    assert.ok(new NamePattern('**').covers(narrow));
  }),
);
