import { stringify } from 'yaml';
import type { z } from 'zod';
import type { KeyPath } from './problem.ts';
import { defaultNode, type Shape, type Structure, structureOf } from './schema.ts';
import { isSecretPath, MASK, withoutCredentials } from './secrets.ts';
import { type ConfigNode, isNull, ListNode, MapNode, type ScalarNode, toPlain } from './tree.ts';

/** Whether the schema of a plugin says that the option under a path of the configuration may be shown. */
export type IsPublicOption = (path: KeyPath) => boolean;

/**
 * The configuration in effect as YAML: what was written, with the defaults of all keys that are in effect. Masked are
 * secrets, the users of URLs, headers that are not sent to every client, and the options of plugins, except public
 * ones.
 */
export function describe(schema: z.ZodType, written: MapNode, isPublicOption: IsPublicOption): string {
  return stringify(new Description(isPublicOption).of(schema, written), { lineWidth: 0 });
}

class Description {
  readonly #isPublicOption: IsPublicOption;

  constructor(isPublicOption: IsPublicOption) {
    this.#isPublicOption = isPublicOption;
  }

  of(schema: z.ZodType, written: MapNode): unknown {
    const structure = structureOf(schema);
    return this.#section(structure.kind === 'section' ? structure : { shape: {} }, written, {
      path: [],
      isNotYet: false,
    });
  }

  #section(
    { shape, rest }: Pick<Structure & { kind: 'section' }, 'shape' | 'rest'>,
    node: ConfigNode | undefined,
    { path, isNotYet }: { readonly path: KeyPath; readonly isNotYet: boolean },
  ): Record<string, unknown> {
    const written = node instanceof MapNode ? node.entries : new Map<string, ConfigNode>();
    const lines: [string, unknown][] = [];
    for (const [key, schema] of Object.entries(shape)) {
      const structure = structureOf(schema);
      const isIdle = isNotYet || structure.notYet === true || structure.stops !== undefined;
      const value = written.get(key);
      if (value === undefined && structure.isOptional === true) continue;
      if (structure.kind === 'section') {
        const keys = this.#section(structure, value, { path: [...path, key], isNotYet: isIdle });
        if (Object.keys(keys).length > 0) lines.push([key, keys]);
      } else if (value !== undefined && !isNull(value)) {
        if (!structure.removed) lines.push([key, this.#value(structure, value, [...path, key])]);
      } else if (structure.default !== undefined && !isIdle && structure.deprecated === undefined) {
        lines.push([key, toPlain(defaultNode(structure.default))]);
      }
    }
    const others = [...written].filter(([key]) => !isOwn(shape, key));
    return Object.fromEntries([
      ...others.map(([key, value]) => [key, this.#value(rest && structureOf(rest), value, [...path, key])] as const),
      ...lines,
    ]);
  }

  /** As it was written, without defaults. */
  #value(structure: Structure | undefined, node: ConfigNode, path: KeyPath): unknown {
    if (structure?.kind === 'anything' && structure.isSection) return this.#options(node, path);
    if (node instanceof ListNode) {
      const element = structure?.kind === 'list' ? structureOf(structure.element) : undefined;
      return node.items.map((item, index) => this.#value(element, item, [...path, index]));
    }
    if (!(node instanceof MapNode)) return shown(node, path, structure?.kind === 'scalar' && structure.type === 'text');
    return Object.fromEntries(
      [...node.entries].map(([key, value]) => [key, this.#value(below(structure, key), value, [...path, key])]),
    );
  }

  #options(node: ConfigNode, path: KeyPath): unknown {
    if (node instanceof ListNode) return node.items.map((item, index) => this.#options(item, [...path, index]));
    if (node instanceof MapNode) {
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, this.#options(value, [...path, key])]));
    }
    if (node.text === '' || node.value === null) return node.value;
    return this.#isPublicOption(path) ? shown(node, path, false) : MASK;
  }
}

function shown({ value, text }: ScalarNode, path: KeyPath, asText: boolean): unknown {
  if (text === '' || value === null) return value;
  if (isSecretPath(path)) return MASK;
  if (typeof value === 'string') return withoutCredentials(value);
  return asText ? text : value;
}

function below(structure: Structure | undefined, key: string): Structure | undefined {
  if (structure?.kind === 'map') return structureOf(structure.value);
  if (structure?.kind !== 'section') return undefined;
  const schema = isOwn(structure.shape, key) ? structure.shape[key] : structure.rest;
  return schema && structureOf(schema);
}

function isOwn(shape: Shape, key: string): boolean {
  return Object.hasOwn(shape, key);
}
