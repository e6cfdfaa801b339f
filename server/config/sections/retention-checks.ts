import { type NamePattern, repositoryPattern, tagPattern } from '../../../plugins/patterns/name-pattern.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { booleanOf } from '../engine/read-yaml.ts';
import { duration } from '../engine/scalars.ts';
import { type ConfigNode, isFilled, ListNode, MapNode, nodeAt, ScalarNode } from '../engine/tree.ts';

const SECTION = 'retention';
const TIMES = ['pushedwithin', 'pulledwithin'];
const CONDITIONS = ['newest', 'newestversions', ...TIMES];
const EVERY_TAG = tagPattern('*');

/** What a rule says, as far as it can be read. */
interface RuleText {
  readonly path: KeyPath;
  readonly name: string;
  /** `undefined` where a pattern is malformed. */
  readonly repositories: readonly NamePattern[] | undefined;
  readonly tags: readonly NamePattern[] | undefined;
  readonly except: readonly NamePattern[] | undefined;
  readonly node: MapNode;
}

/**
 * A rule that could delete everything without having said so is refused, and so is one that judges no tag, because its
 * author expects it to.
 */
export function checkRetention(root: ConfigNode): Finding[] {
  return [...checkRules(root), ...checkUntagged(root)];
}

/** Manifests without a tag are removed by another job, which has to run. */
export function findIdleUntagged(root: ConfigNode): Finding[] {
  const list = nodeAt(root, [SECTION, 'untagged']);
  if (list === undefined || !isFilled(list) || isOn(nodeAt(root, ['storage', 'maintenance', 'gc', 'enabled'])))
    return [];
  const message =
    'has an effect only when garbage is collected; set storage.maintenance.gc.enabled: true, or run "stowage gc"';
  return [{ path: [SECTION, 'untagged'], message }];
}

function checkUntagged(root: ConfigNode): Finding[] {
  const list = nodeAt(root, [SECTION, 'untagged']);
  if (!(list instanceof ListNode)) return [];
  const earlier: (readonly NamePattern[])[] = [];
  return list.items.flatMap((node, index) => {
    if (!(node instanceof MapNode)) return [];
    const path = [SECTION, 'untagged', index];
    const patterns = patternsAt(node, 'repositories', repositoryPattern);
    const isIdle = patterns !== undefined && earlier.some((before) => covers(before, patterns));
    if (patterns !== undefined) earlier.push(patterns);
    const message = 'is for no repository: an earlier item is for all of them; move it before that one, or remove it';
    return [...emptyLists({ path, node }), ...(isIdle ? [{ path, message }] : [])];
  });
}

function checkRules(root: ConfigNode): Finding[] {
  const list = nodeAt(root, [SECTION, 'rules']);
  if (isOn(nodeAt(root, [SECTION, 'enabled'])) && (list === undefined || !isFilled(list))) {
    return [
      { path: [SECTION], message: 'is enabled and has no rules, so that every tag stays; write a rule, or remove it' },
    ];
  }
  if (!(list instanceof ListNode)) return [];
  const rules = list.items.flatMap((item, index) => (item instanceof MapNode ? [readRule(item, index)] : []));
  const recording = nodeAt(root, [SECTION, 'recordpulls']);
  return rules.flatMap((rule, index) => [
    ...emptyLists(rule),
    ...(isOff(recording) ? unrecorded(rule) : []),
    ...problemsOf(rule).map((message) => ({ path: rule.path, message })),
    ...idle(rule, rules.slice(0, index)).map((message) => ({ path: rule.path, message })),
  ]);
}

function readRule(node: MapNode, index: number): RuleText {
  const name = textAt(node, 'name') || `rule ${index + 1}`;
  return {
    path: [SECTION, 'rules', index],
    name,
    repositories: patternsAt(node, 'repositories', repositoryPattern),
    tags: node.entries.has('tags') ? patternsAt(node, 'tags', tagPattern) : [EVERY_TAG],
    except: node.entries.has('except') ? patternsAt(node, 'except', tagPattern) : [],
    node,
  };
}

/** An empty list could mean none, or all. */
function emptyLists({ path, node }: Pick<RuleText, 'path' | 'node'>): Finding[] {
  const isEmpty = (key: string): boolean => {
    const list = node.entries.get(key);
    return list !== undefined && !isFilled(list);
  };
  return [
    ...(isEmpty('repositories')
      ? [{ path: [...path, 'repositories'], message: 'is empty; write ["**"] for all of them' }]
      : []),
    ...(isEmpty('tags') ? [{ path: [...path, 'tags'], message: 'is empty; remove it for all of them' }] : []),
  ];
}

/** Without records, nothing would ever go. */
function unrecorded({ path, node }: RuleText): Finding[] {
  if (!hasValue(nodeAt(node, ['keep', 'pulledwithin']))) return [];
  const message = `has keep.pulledwithin, which needs to know when manifests are pulled; remove ${SECTION}.recordpulls: false`;
  return [{ path, message }];
}

function problemsOf({ node, tags }: RuleText): string[] {
  const given = nodeAt(node, ['keep']);
  const conditions = given instanceof MapNode ? CONDITIONS.filter((key) => hasValue(given.entries.get(key))) : [];
  const always = isOn(nodeAt(node, ['keep', 'always']));
  const deletesAll = isOn(node.entries.get('deleteall'));
  const problems: string[] = [];
  if (always && conditions.length > 0)
    problems.push(
      `keep.always keeps every tag, so that ${conditions.join(' and ')} would do nothing; remove one of them`,
    );
  if (always && deletesAll) problems.push('has both keep.always and deleteall; remove one of them');
  for (const key of TIMES) {
    if (duration.safeParse(nodeAt(node, ['keep', key])).data !== 0) continue;
    problems.push(`keep.${key} is 0, which keeps nothing; write a time such as 720h, or remove it`);
  }
  if (always || deletesAll) return problems;
  if (conditions.length === 0) {
    problems.push(
      'keeps nothing, so that it would delete every tag that it matches; write, for example, keep: {newest: 10}, or deleteall: true if that is meant',
    );
  }
  const isForAll = tags?.some((pattern) => pattern.covers(EVERY_TAG)) === true;
  if (isForAll && TIMES.some((key) => conditions.includes(key)) && !conditions.includes('newest')) {
    const use = conditions.includes('pulledwithin') ? 'that nobody uses any more' : 'to which nobody pushes any more';
    problems.push(
      `would delete every tag of a repository ${use}; add keep.newest, such as 1, or deleteall: true if that is meant`,
    );
  }
  return problems;
}

/** Why a rule judges no tag. */
function idle({ repositories, tags, except }: RuleText, earlier: readonly RuleText[]): string[] {
  if (repositories === undefined || tags === undefined || except === undefined) return [];
  if (tags.length > 0 && tags.every((tag) => except.some((pattern) => pattern.covers(tag))))
    return ['matches no tag: except has everything that tags has; remove one of them'];
  const before = earlier.find((other) => {
    if (other.repositories === undefined || other.tags === undefined || other.except?.length !== 0) return false;
    return covers(other.repositories, repositories) && covers(other.tags, tags);
  });
  if (before === undefined) return [];
  return [
    `judges no tag: ${JSON.stringify(before.name)}, which comes before it, matches all of them; move it before that rule, or remove it`,
  ];
}

function covers(patterns: readonly NamePattern[], others: readonly NamePattern[]): boolean {
  return others.length > 0 && others.every((other) => patterns.some((pattern) => pattern.covers(other)));
}

function patternsAt(
  node: MapNode,
  key: string,
  read: (text: string) => NamePattern,
): readonly NamePattern[] | undefined {
  const list = node.entries.get(key);
  if (!(list instanceof ListNode)) return undefined;
  try {
    return list.items.map((item) => read(item instanceof ScalarNode ? item.text : ''));
  } catch {
    // The schema says what is wrong with it.
    return undefined;
  }
}

function textAt(node: MapNode, key: string): string {
  const found = node.entries.get(key);
  return found instanceof ScalarNode ? found.text : '';
}

function hasValue(node: ConfigNode | undefined): boolean {
  return node instanceof ScalarNode && node.value !== null;
}

function isOff(node: ConfigNode | undefined): boolean {
  return isFlag(node, false);
}

function isOn(node: ConfigNode | undefined): boolean {
  return isFlag(node, true);
}

function isFlag(node: ConfigNode | undefined, wanted: boolean): boolean {
  if (!(node instanceof ScalarNode)) return false;
  return node.value === wanted || (typeof node.value === 'string' && booleanOf(node.value) === wanted);
}
