import { formatKey, type KeyPath, type Origin } from './problem.ts';
import { hasMarks, readYaml } from './read-yaml.ts';
import type { Structure } from './schema.ts';
import { isSecretPath } from './secrets.ts';
import { type ConfigNode, ListNode, MapNode, ScalarNode } from './tree.ts';

/** A variable that cannot be applied; the message says why, without quoting the value. */
export class BadVariable extends Error {
  /** The key that it would have set; empty where the name leads to none. */
  readonly key: string;

  constructor(message: string, path: KeyPath = []) {
    super(message);
    this.key = formatKey(path);
  }
}

/** What a variable is about to set. */
export interface Target {
  readonly path: KeyPath;
  /** Absent below the options of a plugin, where any shape is possible. */
  readonly structure: Structure | undefined;
  readonly origin: Origin;
}

/**
 * Reads the value of a variable. A text is taken literally, whatever it means in YAML: no part of a password is ever lost.
 * Lists and sections are YAML. Below the options of a plugin, YAML decides between the two. An empty value unsets the key.
 * @throws BadVariable when the meaning is ambiguous
 */
export function readVariable(text: string, target: Target): ConfigNode {
  if (text === '') return new ScalarNode(null, '', target.origin);
  const { structure } = target;
  if (structure?.kind === 'scalar') return readScalar(text, target);
  const isAny = structure === undefined || (structure.kind === 'anything' && structure.isSection !== true);
  return isAny ? readAnything(text, target) : readCollection(text, target);
}

/** The literal text, with the type that YAML gives to this word, for flags and numbers. */
function readScalar(text: string, { path, origin }: Target): ScalarNode {
  const bare = bareText(text, path);
  const { root } = readYaml(bare, () => origin);
  const isPlain = root instanceof ScalarNode && root.value !== null && root.text === bare;
  return new ScalarNode(isPlain ? root.value : bare, bare, origin);
}

/**
 * The text without the white space and quotation marks around it, which distribution strips as well. Around a secret they
 * are refused, because they may belong to it.
 */
function bareText(text: string, path: KeyPath): string {
  const trimmed = text.trim();
  const unquoted = withoutQuotes(trimmed);
  if (!isSecretPath(path)) return unquoted ?? trimmed;
  if (unquoted !== undefined) {
    throw new BadVariable(
      'begins and ends with a quotation mark; give the secret without them, or set it in the file',
      path,
    );
  }
  if (trimmed !== text) {
    throw new BadVariable('begins or ends with white space; give the secret without it, or set it in the file', path);
  }
  return text;
}

function withoutQuotes(text: string): string | undefined {
  if (!/^(["'])[^]*\1$/.test(text)) return undefined;
  const { root, problems } = readYaml(text, () => ({}));
  return problems.length === 0 && root instanceof ScalarNode && typeof root.value === 'string' ? root.text : undefined;
}

function readCollection(text: string, { path, origin }: Target): ConfigNode {
  const { root, problems } = readYaml(text, () => origin);
  // The message of the parser may quote the value, and the value may be a secret.
  if (problems.length > 0) throw new BadVariable('the value is not valid YAML; put it into quotes', path);
  if (hasMarks(text)) {
    throw new BadVariable(
      'YAML would take a part of the value for a comment (#), an anchor (&), an alias (*) or a tag (!); put texts into quotation marks',
      path,
    );
  }
  return root;
}

function readAnything(text: string, target: Target): ConfigNode {
  const { root, problems } = readYaml(text, () => target.origin);
  const isCollection = root instanceof MapNode || root instanceof ListNode;
  const isMeantSo = /^\s*[[{]/.test(text);
  if (problems.length === 0 && isCollection && (isMeantSo || !isSecretPath(target.path)) && !hasMarks(text))
    return root;
  if (isMeantSo && !isSecretPath(target.path)) return readCollection(text, target);
  return readScalar(text, target);
}
