import type { KeyPath } from './problem.ts';
import { type ConfigNode, ListNode, MapNode } from './tree.ts';

/** Replaces a secret value. */
export const MASK = '********';

/** Keys whose values must not appear on a screen or in a log; `_` and `-` in them do not count. */
const SECRET_KEY =
  /secret|password|passphrase|accountkey|privatekey|apikey|licensekey|connectionstring|sharedkey|sastoken|sessiontoken|^authorization$|^proxyauthorization$|^cookie$/i;

/** Whether the name of a key says that its value is a secret. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.replaceAll(/[_-]/g, ''));
}

/** Whether the value under a path is a secret: below a secret key, or a header that is not sent to every client. */
export function isSecretPath(path: KeyPath): boolean {
  // The section with the rules of access shares its name with a header.
  if (path[0] === 'authorization') return false;
  const isHeader = path.includes('headers') && path[0] !== 'http';
  return isHeader || path.some((part) => typeof part === 'string' && isSecretKey(part));
}

/** The text with the user part of every URL in it masked, as a whole: a name alone may be a token. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/:\/\/\S*@/g, `://${MASK}@`);
}

/** The same for a value that may not be a URL: anything before the last `@` counts as a user. */
export function withoutUser(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const end = text.lastIndexOf('@');
  return end > scheme.length ? `${scheme}${MASK}${text.slice(end)}` : text;
}

/** Masks the value in a text that holds a secret key with it, as when the space after a colon was forgotten. */
export function withoutPairs(text: string): string {
  for (const { 0: word, index } of text.matchAll(/secret|password|passphrase|apikey|token/gi)) {
    const end = index + word.length;
    const gap = /^[\w-]*[:=\s]+/.exec(text.slice(end, end + MAX_GAP))?.[0];
    if (gap !== undefined && end + gap.length < text.length) return text.slice(0, end) + gap + MASK;
  }
  return text;
}

const MAX_GAP = 50;

/** Shorter ones are parts of ordinary words. */
const MIN_SECRET_LENGTH = 4;

/** Every secret that was written: the values of secret keys, and the users of URLs. */
export function secretsIn(root: ConfigNode): string[] {
  const found = new Set<string>();
  const collect = (node: ConfigNode, path: KeyPath): void => {
    if (node instanceof ListNode) for (const [index, item] of node.items.entries()) collect(item, [...path, index]);
    else if (node instanceof MapNode) for (const [key, value] of node.entries) collect(value, [...path, key]);
    else {
      if (isSecretPath(path)) found.add(node.text);
      for (const [, user = ''] of node.text.matchAll(/:\/\/(\S*)@/g)) {
        for (const part of [user, ...user.split(':')]) found.add(part);
      }
    }
  };
  collect(root, []);
  // A longer one may hold a shorter one.
  return [...found].filter((text) => text.length >= MIN_SECRET_LENGTH).sort((a, b) => b.length - a.length);
}
