import { stringify } from 'yaml';
import type { LoadedConfiguration } from './load-configuration.ts';
import { configurationSchema } from './schema.ts';
import { defaultNode, type Shape, structureOf } from './structure.ts';
import { type ConfigNode, isNull, ListNode, MapNode, toPlain } from './tree.ts';

const MASK = '********';

/** Keys whose values nobody should read on a screen; `_` and `-` in them do not count. */
const SECRET_KEY =
  /secret|password|passphrase|accountkey|privatekey|apikey|licensekey|connectionstring|sharedkey|sastoken|sessiontoken|^authorization$|^proxyauthorization$|^cookie$/i;

/**
 * The configuration in effect as YAML: what was written, with the defaults of all keys that are in effect, and with
 * secrets masked, those of plugins included.
 */
export function describeConfiguration({ written }: LoadedConfiguration): string {
  const structure = structureOf(configurationSchema);
  const shape = structure.kind === 'section' ? structure.shape : {};
  return stringify(describeSection(shape, written, false), { lineWidth: 0 });
}

function describeSection(shape: Shape, node: ConfigNode | undefined, later: boolean): Record<string, unknown> {
  const written = node instanceof MapNode ? node.entries : new Map<string, ConfigNode>();
  const lines: [string, unknown][] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const structure = structureOf(schema);
    const isLater = later || structure.later === true;
    const value = written.get(key);
    if (structure.kind === 'section') {
      const keys = describeSection(structure.shape, value, isLater);
      if (Object.keys(keys).length > 0) lines.push([key, keys]);
    } else if (value !== undefined && !isNull(value)) {
      if (!structure.gone)
        lines.push([key, mask(key, value, structure.kind === 'scalar' && structure.type === 'text')]);
    } else if (structure.default !== undefined && !isLater && structure.deprecated === undefined) {
      lines.push([key, toPlain(defaultNode(structure.default))]);
    }
  }
  const plugins = [...written].filter(([key]) => !Object.hasOwn(shape, key));
  return Object.fromEntries<unknown>([...plugins.map(([key, value]) => [key, mask(key, value)] as const), ...lines]);
}

function mask(key: string, node: ConfigNode, asText = false): unknown {
  if (node instanceof ListNode) return node.items.map((item) => mask(key, item, asText));
  if (node instanceof MapNode) {
    const isSecret = isSecretKey(key);
    return Object.fromEntries([...node.entries].map(([name, value]) => [name, mask(isSecret ? key : name, value)]));
  }
  if (node.text === '' || node.value === null) return node.value;
  if (isSecretKey(key)) return MASK;
  if (typeof node.value === 'string') return node.value.replace(/(:\/\/[^:@/\s]*):[^@/\s]*@/g, `$1:${MASK}@`);
  return asText ? node.text : node.value;
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.replaceAll(/[_-]/g, ''));
}
