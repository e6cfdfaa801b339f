import {
  type Alias,
  CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import { explainSyntax } from './explain-syntax.ts';
import { formatKey, type KeyPath, type Origin } from './problem.ts';
import { isSecretPath } from './secrets.ts';
import { type ConfigNode, ListNode, MapNode, ScalarNode } from './tree.ts';

/** No configuration is longer, in characters. */
const MAX_LENGTH = 2 ** 20;
/** Or nested deeper. */
const MAX_DEPTH = 100;
/** Or made of more lexemes; parsing that many takes about a second. */
const MAX_LEXEMES = 500_000;
const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels, which no configuration is`;
/** Aliases can multiply a small file into a huge one; no configuration needs this many values. */
const MAX_NODES = 100_000;

/** The booleans of YAML 1.1, which distribution's parser knows in addition to `true` and `false`. */
const BOOLEANS = new Map([
  ...['y', 'yes', 'on', 'true'].flatMap(spellings).map((word) => [word, true] as const),
  ...['n', 'no', 'off', 'false'].flatMap(spellings).map((word) => [word, false] as const),
]);

/** What a word means as a boolean of YAML 1.1; `undefined` for every other word. */
export function booleanOf(word: string): boolean | undefined {
  return BOOLEANS.get(word);
}

/** Something that is wrong with the YAML itself. */
interface YamlProblem {
  readonly line: number | undefined;
  readonly key: string;
  readonly message: string;
}

/** The result of reading; the root holds everything that could be understood. */
export interface YamlResult {
  readonly root: ConfigNode;
  readonly problems: readonly YamlProblem[];
  /** Whether the text is not YAML, so that the root does not show what was meant. */
  readonly broken: boolean;
}

/**
 * Reads one YAML document: YAML 1.2 with the booleans, merge keys and anchors of 1.1. A key that is given twice is a problem.
 * @param originOf the origin of a value on a (1-based) line
 */
export function readYaml(text: string, originOf: (line: number) => Origin): YamlResult {
  const message = tooLarge(text);
  if (message !== undefined) {
    return { root: nothing(originOf(1)), problems: [{ line: undefined, key: '', message }], broken: true };
  }
  return new YamlReader(text, originOf).read();
}

class YamlReader {
  private readonly problems: YamlProblem[] = [];
  private readonly lines = new LineCounter();
  private readonly document;
  private readonly originOf: (line: number) => Origin;
  private readonly open = new Set<unknown>();
  private nodes = 0;
  private isTooDeep = false;

  constructor(text: string, originOf: (line: number) => Origin) {
    this.originOf = originOf;
    this.document = parseDocument(text, {
      lineCounter: this.lines,
      prettyErrors: false,
      uniqueKeys: false,
      schema: 'core',
      // Quieter levels ignore a second document.
      logLevel: 'error',
    });
  }

  read(): YamlResult {
    // Later errors are usually consequences of the first one.
    for (const { pos, ...error } of this.document.errors.slice(0, 1)) this.complain([], explainSyntax(error), pos[0]);
    const root = this.node(this.document.contents, [], this.originOf(1));
    return { root, problems: this.problems, broken: this.document.errors.length > 0 };
  }

  private node(node: unknown, path: KeyPath, origin: Origin): ConfigNode {
    this.nodes += 1;
    if (this.nodes > MAX_NODES) {
      if (this.nodes === MAX_NODES + 1) this.complain([], 'has too many values; do its aliases multiply each other?');
      return nothing(origin);
    }
    if (path.length > MAX_DEPTH) {
      if (!this.isTooDeep) this.complain([], TOO_DEEP);
      this.isTooDeep = true;
      return nothing(origin);
    }
    if (isAlias(node)) return this.alias(node, path, origin);
    if (isScalar(node)) return this.scalar(node, path, origin);
    this.open.add(node);
    const made = this.collection(node, path, origin);
    this.open.delete(node);
    return made;
  }

  private scalar(node: Scalar, path: KeyPath, origin: Origin): ScalarNode {
    // Without quotation marks, a text that begins with & or ! is an anchor or a tag, and no value is left.
    if (node.source === '' && node.type === 'PLAIN' && (node.anchor !== undefined || node.tag !== undefined)) {
      this.complain(
        path,
        'has an anchor (&) or a tag (!) and no value; put a text into quotation marks',
        offsetOf(node),
      );
    }
    return scalar(node, origin);
  }

  private collection(node: unknown, path: KeyPath, origin: Origin): ConfigNode {
    if (isMap(node)) return this.map(node.items, path, origin);
    if (!isSeq(node)) return nothing(origin);
    const items = node.items.map((item, index) => this.node(item, [...path, index], this.originAt(item) ?? origin));
    return new ListNode(items, origin);
  }

  private alias(alias: Alias, path: KeyPath, origin: Origin): ConfigNode {
    const target = alias.resolve(this.document);
    if (target !== undefined && !this.open.has(target)) return this.node(target, path, origin);
    const why = target === undefined ? 'has no anchor before it' : 'contains itself';
    // A secret that begins with `*` and has no quotation marks around it is an alias.
    const name = isSecretPath(path) ? 'the alias' : `the alias *${alias.source}`;
    this.complain(path, `${name} ${why}`, alias.range?.[0]);
    return nothing(origin);
  }

  private map(pairs: readonly Pair[], path: KeyPath, origin: Origin): MapNode {
    const entries = new Map<string, ConfigNode>();
    const merged: Pair[] = [];
    for (const pair of pairs) {
      const key = isScalar(pair.key) ? keyText(pair.key) : undefined;
      if (key === undefined) this.complain(path, 'a key must be a plain text', offsetOf(pair.key));
      else if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') merged.push(pair);
      else if (entries.has(key)) this.duplicate([...path, key], pair.key, entries.get(key)?.origin);
      else entries.set(key, this.node(pair.value, [...path, key], this.originAt(pair.key) ?? origin));
    }
    for (const pair of merged) this.merge(entries, this.node(pair.value, path, origin), path, pair.key);
    return new MapNode(entries, origin);
  }

  private merge(entries: Map<string, ConfigNode>, source: ConfigNode, path: KeyPath, key: unknown): void {
    for (const map of source instanceof ListNode ? source.items : [source]) {
      if (!(map instanceof MapNode)) {
        this.complain(path, 'a merge key (<<) takes an alias of a map, or a list of them', offsetOf(key));
        continue;
      }
      for (const [name, value] of map.entries) if (!entries.has(name)) entries.set(name, value);
    }
  }

  private duplicate(path: KeyPath, key: unknown, first: Origin | undefined): void {
    const where = first?.line === undefined ? '' : `, first in line ${first.line}`;
    this.complain(path, `given twice${where}; remove one of them`, offsetOf(key));
  }

  private complain(path: KeyPath, message: string, offset?: number): void {
    this.problems.push({
      line: offset === undefined ? undefined : this.lines.linePos(offset).line,
      key: formatKey(path),
      message,
    });
  }

  private originAt(node: unknown): Origin | undefined {
    const offset = offsetOf(node);
    return offset === undefined ? undefined : this.originOf(this.lines.linePos(offset).line);
  }
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function keyText(key: Scalar): string {
  return key.source ?? String(key.value);
}

function scalar(node: Scalar, origin: Origin): ScalarNode {
  const { value, source } = node;
  if (node.type === 'PLAIN' && node.tag === undefined && source !== undefined) {
    const flag = BOOLEANS.get(source);
    if (flag !== undefined) return new ScalarNode(flag, source, origin);
  }
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    return new ScalarNode(value, source ?? String(value), origin);
  }
  return new ScalarNode(null, '', origin);
}

function nothing(origin: Origin): ScalarNode {
  return new ScalarNode(null, '', origin);
}

function spellings(word: string): string[] {
  return [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`];
}

/**
 * Why a text is too large to be parsed: the parser recurses, and an absurd text would take it seconds.
 * @returns `undefined` for every plausible text
 */
function tooLarge(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return 'is longer than 1 MiB, which no configuration is';
  let count = 0;
  let flow = 0;
  let inLine = 0;
  let isLineStart = true;
  const indents: number[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_LEXEMES) return 'has too many values';
    const type = CST.tokenType(lexeme);
    if (isLineStart && type !== 'newline' && type !== 'comment') {
      const indent = type === 'space' ? lexeme.length : 0;
      while ((indents.at(-1) ?? -1) >= indent) indents.pop();
      indents.push(indent);
    }
    isLineStart = type === 'newline';
    if (type === 'newline') inLine = 0;
    else if (type === 'flow-seq-start' || type === 'flow-map-start') flow += 1;
    else if (type === 'flow-seq-end' || type === 'flow-map-end') flow -= 1;
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') inLine += 1;
    if (flow > MAX_DEPTH || inLine > MAX_DEPTH || indents.length > MAX_DEPTH + 1) return TOO_DEEP;
  }
  return undefined;
}

/** Whether YAML takes a part of the text for a comment, an anchor, an alias or a tag. */
export function hasMarks(text: string): boolean {
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: CST.TokenType | null = isContent ? null : CST.tokenType(lexeme);
    isContent = type === 'scalar';
    if (type === 'comment' || type === 'anchor' || type === 'alias' || type === 'tag') return true;
  }
  return false;
}
