import type { KeyPath } from './problem.ts';

/** What stands in the place of a value that nobody should read. */
export const MASK = '********';

/** Keys whose values nobody should read on a screen or in a log; `_` and `-` in them do not count. */
const SECRET_KEY =
  /secret|password|passphrase|accountkey|privatekey|apikey|licensekey|connectionstring|sharedkey|sastoken|sessiontoken|^authorization$|^proxyauthorization$|^cookie$/i;

/** Whether the name of a key says that its value is a secret. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.replaceAll(/[_-]/g, ''));
}

/** Whether the value under a path is a secret: below a secret key, or a header that is not sent to every client. */
export function isSecretPath(path: KeyPath): boolean {
  const isHeader = path.includes('headers') && path[0] !== 'http';
  return isHeader || path.some((part) => typeof part === 'string' && isSecretKey(part));
}

/** The text with the user part of every URL in it masked, as a whole: a name alone may be a token. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/:\/\/\S*@/g, `://${MASK}@`);
}

/** The same for a value that may be no URL at all: whatever stands before the last `@` is taken for a user. */
export function withoutUser(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const end = text.lastIndexOf('@');
  return end > scheme.length ? `${scheme}${MASK}${text.slice(end)}` : text;
}
