import test from 'ava';
import { parseTag } from '../../../../core/model/reference.ts';
import { decideTags } from '../../../../core/retention/decide-tags.ts';
import { type GivenRule, retentionRule } from '../../../helpers/core/retention-rules.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const DAY = 24 * 60 * 60 * 1000;
const SUBJECT = `sha256-${'a'.repeat(64)}`;

/** The tags that stay, given the days since each was pushed; `undefined`: unknown. */
function staying(rules: readonly GivenRule[], ages: Readonly<Record<string, number | undefined>>): string[] {
  const facts = Object.entries(ages).map(([tag, days]) => ({
    tag: parseTag(tag),
    pushedAtMs: days === undefined ? undefined : NOW - days * DAY,
  }));
  return decideTags(rules.map(retentionRule), facts, NOW).flatMap(({ stays, facts: { tag } }) => (stays ? [tag] : []));
}

for (const [what, rules, ages, expected] of [
  ['a tag without a rule stays', [{ tags: ['v*'] }], { latest: 900, v1: 1 }, ['latest']],
  ['a rule that keeps nothing takes all of its tags', [{}], { a: 0, b: 9 }, []],
  [
    'what a rule excepts is left to later rules',
    [{ except: ['a'] }, { keep: { always: true } }],
    { a: 9, b: 9 },
    ['a'],
  ],
  ['the first rule judges', [{ tags: ['v*'], keep: { always: true } }, {}], { v1: 9, w1: 9 }, ['v1']],
  [
    'a rule counts only its own tags',
    [{ tags: ['pr-*'], keep: { newest: 1 } }, { keep: { newest: 1 } }],
    { 'pr-1': 1, 'pr-2': 2, a: 7, b: 8 },
    ['pr-1', 'a'],
  ],
  ['the newest pushes stay', [{ keep: { newest: 2 } }], { a: 3, b: 1, c: 2 }, ['b', 'c']],
  ['more newest pushes than tags keep all', [{ keep: { newest: 9 } }], { a: 3, b: 1 }, ['a', 'b']],
  [
    'of tags that were pushed together, the names that come last stay',
    [{ keep: { newest: 2 } }],
    { a: 1, b: 1, c: 1 },
    ['b', 'c'],
  ],
  ['a tag stays up to the age', [{ keep: { pushedWithinMs: 7 * DAY } }], { a: 7, b: 7.0001, c: 0 }, ['a', 'c']],
  ['a tag of the future stays', [{ keep: { pushedWithinMs: DAY } }], { a: -3, b: 3 }, ['a']],
  ['one condition is enough', [{ keep: { newest: 1, pushedWithinMs: 3 * DAY } }], { a: 9, b: 8, c: 4 }, ['c']],
  [
    'a tag of unknown age stays, and takes no place',
    [{ keep: { newest: 1 } }],
    { a: undefined, b: 1, c: 2 },
    ['a', 'b'],
  ],
  [
    'a tag of unknown age goes where no rule asks for it',
    [{ keep: { newestVersions: 1 } }],
    { '1.0.0': undefined, '2.0.0': undefined },
    ['2.0.0'],
  ],
  [
    'the highest versions stay, whenever they were pushed',
    [{ keep: { newestVersions: 2 } }],
    { '1.9.0': 1, '1.10.0': 9, '2.0.0': 8 },
    ['1.10.0', '2.0.0'],
  ],
  [
    'tags of one version count once',
    [{ keep: { newestVersions: 1 } }],
    { v2: 1, '2.0.0': 1, 'v2.0': 1, '1.0.0': 1 },
    ['v2', '2.0.0', 'v2.0'],
  ],
  [
    'a short version stands for the highest that begins with it',
    [{ keep: { newestVersions: 1 } }],
    { '1': 1, '1.2': 1, '1.2.3': 1, '1.1': 1, '1.1.9': 1 },
    ['1', '1.2', '1.2.3'],
  ],
  [
    'a short version of another suffix stands for others',
    [{ keep: { newestVersions: 1 } }],
    { '1-slim': 1, '1.2.0': 1, '1.1.0-slim': 1 },
    ['1.2.0'],
  ],
  [
    'a pre-release comes before its release',
    [{ keep: { newestVersions: 1 } }],
    { '2.0.0-rc.1': 1, '2.0.0': 9 },
    ['2.0.0'],
  ],
  [
    'what is no version stays in a rule for versions alone',
    [{ keep: { newestVersions: 1 } }],
    { latest: 900, '01.2': 1, '1.0.0': 1, '2.0.0': 1 },
    ['latest', '01.2', '2.0.0'],
  ],
  [
    'what is no version is judged by the other conditions',
    [{ keep: { newestVersions: 1, newest: 1 } }],
    { latest: 90, '1.0.0': 8, '2.0.0': 9 },
    ['1.0.0', '2.0.0'],
  ],
  [
    'referrers are no versions and stay',
    [{}],
    { [SUBJECT]: 9, [`${SUBJECT}.sig`]: 9, [`${SUBJECT}.sbom`]: 9, x: 9 },
    [SUBJECT, `${SUBJECT}.sig`, `${SUBJECT}.sbom`],
  ],
  [
    'referrers take no place',
    [{ keep: { newest: 1 } }],
    { [`${SUBJECT}.att`]: 0, a: 1, b: 2 },
    [`${SUBJECT}.att`, 'a'],
  ],
] as readonly (readonly [
  string,
  readonly GivenRule[],
  Readonly<Record<string, number | undefined>>,
  readonly string[],
])[]) {
  test(what, (t) => {
    t.deepEqual(staying(rules, ages).sort(), [...expected].sort());
  });
}

test('each decision names its rule and its reason', (t) => {
  const rules = [retentionRule({ name: 'numbers', tags: ['v*'], keep: { newest: 1 } })];
  const facts = ['v1', 'v2', 'x'].map((tag, index) => ({ tag: parseTag(tag), pushedAtMs: NOW - index * DAY }));
  t.deepEqual(
    decideTags(rules, facts, NOW).map(({ rule, reason }) => [rule?.name, reason]),
    [
      ['numbers', 'it was pushed last'],
      ['numbers', 'nothing in the rule keeps it'],
      [undefined, 'no rule matches it'],
    ],
  );
});

for (const [what, ages, stays, reason] of [
  ['was pulled recently', { pushed: 99, pulled: 7 }, true, 'it was pulled recently enough: last 2026-02-22T00:00:00Z'],
  ['was pushed recently and never pulled', { pushed: 7, pulled: undefined }, true, 'it was pushed recently enough'],
  ['was pushed recently, of whose pulls nothing is known', { pushed: 7 }, true, 'it was pushed recently enough'],
  [
    'was pulled too long ago',
    { pushed: 99, pulled: 7.5 },
    false,
    'nothing in the rule keeps it; it was last pulled 2026-02-21T12:00:00Z',
  ],
  ['was never pulled', { pushed: 99, pulled: undefined }, false, 'nothing in the rule keeps it; no pull is known'],
  ['has pulls of which nothing is known', { pushed: 99 }, true, 'it is not known when it was pulled'],
  [
    'has pulls that have not been recorded for long enough',
    { pushed: 99, pulled: 50, since: 7 },
    true,
    'pulls are recorded only since 2026-02-22T00:00:00Z',
  ],
  [
    'has pulls that have been recorded for just long enough',
    { pushed: 99, pulled: undefined, since: 7.5 },
    false,
    'nothing in the rule keeps it; no pull is known',
  ],
] as const) {
  test(`of a rule with a time since the last pull, a tag ${stays ? 'stays' : 'goes'} that ${what}`, (t) => {
    const { pushed, pulled, since }: { pushed: number; pulled?: number | undefined; since?: number } = ages;
    const msOf = (days: number | undefined) => (days === undefined ? undefined : NOW - days * DAY);
    const pulls = 'pulled' in ages ? { pulledAtMs: msOf(pulled), recordedSinceMs: msOf(since) } : undefined;
    const rule = retentionRule({ keep: { pulledWithinMs: 7 * DAY } });
    const facts = { tag: parseTag('v1'), pushedAtMs: msOf(pushed), pulls };
    t.like(decideTags([rule], [facts], NOW)[0], { stays, reason });
  });
}

for (const [what, ordered, expected] of [
  ['without any later push all of them stay', {}, ['a', 'b', 'c']],
  ['with too few later pushes all of them stay', { d: 1 }, ['a', 'b', 'c', 'd']],
  ['with enough later pushes all of them go', { d: 1, e: 2 }, ['d', 'e']],
] as const) {
  test(`of tags whose order is not known ${what}`, (t) => {
    const unordered = { a: 9, b: 8, c: 7 };
    const facts = Object.entries<number>({ ...unordered, ...ordered }).map(([tag, days]) => ({
      tag: parseTag(tag),
      pushedAtMs: NOW - days * DAY,
      isUnordered: tag in unordered,
    }));
    const decided = decideTags([retentionRule({ keep: { newest: 2 } })], facts, NOW);
    t.deepEqual(
      decided.flatMap(({ stays, facts: { tag } }) => (stays ? [String(tag)] : [])),
      [...expected],
    );
  });
}
