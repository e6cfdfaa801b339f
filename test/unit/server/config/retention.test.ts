import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const AT = /^config\.yml:\d+: retention/;

/** What stands below `retention:`, and what the one problem says; without one it is accepted. */
const TEXTS: Readonly<Record<string, readonly [text: string, problem?: RegExp]>> = {
  'no rules': ['  enabled: true\n', /is enabled and has no rules, so that every tag stays; write a rule, or remove it/],
  'an empty list of rules': ['  enabled: yes\n  rules: []\n', /has no rules/],
  'an unknown key': ['  rules: [{repositories: ["**"], keep: {newest: 1}, keeep: 1}]\n', /keeep: unknown key/],
  'an unknown condition': ['  rules: [{repositories: ["**"], keep: {newest: 1, newst: 1}}]\n', /newst: unknown key/],
  'a rule without repositories': ['  rules: [{keep: {newest: 1}}]\n', /repositories: is missing/],
  'an empty list of repositories': [
    '  rules: [{repositories: [], keep: {newest: 1}}]\n',
    /repositories: is empty; write/,
  ],
  'an empty list of tags': [
    '  rules: [{repositories: ["**"], tags: [], keep: {newest: 1}}]\n',
    /tags: is empty; remove it/,
  ],
  'a regular expression': ['  rules: [{repositories: ["^a"], keep: {newest: 1}}]\n', /expected a pattern such as team/],
  'a tag pattern that matches none': [
    '  rules: [{repositories: [a], tags: ["-*"], keep: {newest: 1}}]\n',
    /no tag matches it/,
  ],
  'newest of 0': ['  rules: [{repositories: ["**"], keep: {newest: 0}}]\n', /must be at least 1/],
  'a time of 0': ['  rules: [{repositories: ["**"], tags: [a], keep: {pushedwithin: 0s}}]\n', /keep.pushedwithin is 0/],
  'a rule without keep': [
    '  rules: [{repositories: ["**"]}]\n',
    /keeps nothing, .*; write, for example, keep: \{newest: 10\}/,
  ],
  'an empty keep': ['  rules: [{repositories: ["**"], keep: {}}]\n', /keeps nothing/],
  'always: false': ['  rules: [{repositories: ["**"], keep: {always: false}}]\n', /keeps nothing/],
  'a rule that is to keep nothing': ['  rules: [{repositories: ["**"], tags: [a], deleteall: true}]\n'],
  'a time alone for all tags': [
    '  rules: [{repositories: ["**"], keep: {pushedwithin: 1h}}]\n',
    /would delete every tag .*; add keep\.newest/,
  ],
  'a time alone for some tags': ['  rules: [{repositories: ["**"], tags: ["pr-*"], keep: {pushedwithin: 1h}}]\n'],
  'a time alone that is meant': ['  rules: [{repositories: ["**"], keep: {pushedwithin: 1h}, deleteall: true}]\n'],
  'a time since the last pull of 0': [
    '  rules: [{repositories: ["**"], tags: [a], keep: {pulledwithin: 0s}}]\n',
    /keep.pulledwithin is 0/,
  ],
  'a time since the last pull alone for all tags': [
    '  rules: [{repositories: ["**"], keep: {pulledwithin: 1h, pushedwithin: 1h}}]\n',
    /would delete every tag of a repository that nobody uses any more; add keep\.newest/,
  ],
  'a time since the last pull for some tags': [
    '  rules: [{repositories: ["**"], tags: [a], keep: {pulledwithin: 1h}}]\n',
  ],
  'a time since the last pull without records': [
    '  recordpulls: no\n  rules: [{repositories: ["**"], tags: [a], keep: {pulledwithin: 1h}}]\n',
    /rules\[0\]: has keep\.pulledwithin, which needs to know .*; remove retention\.recordpulls: false/,
  ],
  'times without a tag': ['  untagged: [{repositories: ["ci/**"], after: 24h}, {repositories: ["**"], after: 720h}]\n'],
  'a time without a tag that never counts': [
    '  untagged: [{repositories: ["**"], after: 24h}, {repositories: ["ci/*"], after: 720h}]\n',
    /untagged\[1\]: is for no repository: an earlier item is for all of them/,
  ],
  'a time without a tag for nothing': ['  untagged: [{repositories: [], after: 24h}]\n', /repositories: is empty/],
  'no time without a tag': ['  untagged: [{repositories: [a]}]\n', /after: is missing/],
  'records without a rule': ['  recordpulls: true\n'],
  'versions and a time for all tags': [
    '  rules: [{repositories: ["**"], keep: {newestversions: 1, pushedwithin: 1h}}]\n',
    /would delete every tag/,
  ],
  'versions alone for all tags': ['  rules: [{repositories: ["**"], keep: {newestversions: 1}}]\n'],
  'always and a condition': [
    '  rules: [{repositories: ["**"], keep: {always: true, newest: 1}}]\n',
    /newest would do nothing; remove one/,
  ],
  'always and deleteall': [
    '  rules: [{repositories: ["**"], keep: {always: yes}, deleteall: true}]\n',
    /both keep\.always and deleteall/,
  ],
  'a rule behind one for everything': [
    '  rules: [{name: all, repositories: ["**"], keep: {newest: 1}}, {repositories: [a/*], tags: [v*], keep: {newest: 2}}]\n',
    /rules\[1\]: judges no tag: "all", which comes before it, matches all of them; move it/,
  ],
  'a rule behind one with exceptions': [
    '  rules: [{repositories: ["**"], except: [v*], keep: {newest: 1}}, {repositories: [a], tags: [v*], keep: {newest: 2}}]\n',
  ],
  'a rule before one for everything': [
    '  rules: [{repositories: [a], tags: [v*], keep: {newest: 2}}, {repositories: ["**"], keep: {newest: 1}}]\n',
  ],
  'a rule for other repositories': [
    '  rules: [{repositories: ["a/*"], keep: {newest: 2}}, {repositories: ["a/**"], keep: {newest: 1}}]\n',
  ],
  'exceptions from everything': [
    '  rules: [{repositories: ["**"], tags: [v1, v2], except: ["v*"], keep: {newest: 1}}]\n',
    /matches no tag: except has everything that tags has/,
  ],
};

for (const [what, [text, problem]] of Object.entries(TEXTS)) {
  test(`retention: ${what} is ${problem === undefined ? 'accepted' : 'refused'}`, async (t) => {
    const problems = await problemsOf(`${MINIMAL}retention:\n${text}`);
    t.is(problems.length, problem === undefined ? 0 : 1, problems.join('\n'));
    for (const line of problems) {
      t.regex(line, AT);
      t.regex(line, problem ?? /^$/);
    }
  });
}

test('retention becomes rules in their order, and an interval only when it is enabled', async (t) => {
  const rules =
    '  rules:\n    - {repositories: [a], tags: [b], keep: {newest: 2, pushedwithin: 1h}}\n    - {name: n, repositories: [c], keep: {always: true}}\n';
  const { retention } = (await load(`${MINIMAL}retention:\n  dryrun: true\n${rules}`)).configuration;
  t.is(retention.intervalMs, undefined);
  t.true(retention.dryRun);
  t.deepEqual(
    retention.rules.map(({ name, keep }) => [name, keep]),
    [
      [
        'rule 1',
        { newest: 2, newestVersions: undefined, pushedWithinMs: 3_600_000, pulledWithinMs: undefined, always: false },
      ],
      [
        'n',
        {
          newest: undefined,
          newestVersions: undefined,
          pushedWithinMs: undefined,
          pulledWithinMs: undefined,
          always: true,
        },
      ],
    ],
  );
  const enabled = await load(`${MINIMAL}retention:\n  enabled: true\n  interval: 1s\n${rules}`);
  t.is(enabled.configuration.retention.intervalMs, 60_000);
});

test('pulls are recorded where the configuration says so, or a rule needs them', async (t) => {
  const recordsPulls = async (text: string): Promise<boolean> =>
    (await load(`${MINIMAL}retention:\n${text}`)).configuration.retention.recordsPulls;
  t.false((await load(MINIMAL)).configuration.retention.recordsPulls);
  t.false(await recordsPulls('  rules: [{repositories: [a], keep: {newest: 1, pushedwithin: 1h}}]\n'));
  t.true(await recordsPulls('  rules: [{repositories: [a], keep: {newest: 1, pulledwithin: 1h}}]\n'));
  t.true(await recordsPulls('  recordpulls: true\n'));
});

test('times without a tag have an effect only with garbage collection, and a warning says so', async (t) => {
  const text = 'retention:\n  untagged: [{repositories: ["**"], after: 1h}]\n';
  const { configuration, warnings } = await load(`${MINIMAL}${text}`);
  t.deepEqual(
    configuration.retention.untagged.map(({ afterMs }) => afterMs),
    [3_600_000],
  );
  t.true(warnings.some((warning) => /retention\.untagged: has an effect only when garbage is collected/.test(warning)));
});
