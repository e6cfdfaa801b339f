import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 16;
/** Shorter ones are parts of ordinary words, and no secret. */
const MIN_LENGTH = 8;
/** The secrets that are found first by their beginnings. */
const KEY_LENGTH = 8;
/** Passwords of tests that a message may contain for another reason. */
const ORDINARY = new Set(['password', 'whatever', 'password1', 'anything', 'undefined']);
/** Of a longer one, its beginning is looked for. */
const MAX_FORM_LENGTH = 256;
/** How many a test file may use; older ones are forgotten. */
const MAX_FORMS = 20_000;

/** Every form of every secret, by its first characters. */
const forms = new Map<string, Set<string>>();
let count = 0;

/**
 * Remembers that this text must be in no log: a password, a token, a key, or a signed URL. Every output that test helpers
 * see is checked for all secrets of the test file, in each form in which they travel.
 * @returns the text
 */
export function secret<Text extends string>(text: Text): Text {
  if (text.length < MIN_LENGTH || ORDINARY.has(text)) return text;
  for (const form of formsOf(text)) remember(form);
  return text;
}

/** A new secret of this name. */
export function newSecret(name: string): string {
  return secret(`${name}-${randomBytes(SECRET_BYTES).toString('hex')}`);
}

/** Remembers a password together with its user: Basic credentials are both of them in one. */
export function secretOf(user: string, password: string): string {
  if (password.length >= MIN_LENGTH && !ORDINARY.has(password)) remember(base64(`${user}:${password}`));
  return secret(password);
}

/** Remembers the credentials in an `Authorization` header. */
export function secretHeader(header: unknown): void {
  if (typeof header !== 'string') return;
  const [, scheme = '', credentials = ''] = /^(basic|bearer) +(\S+) *$/i.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') secret(credentials);
  if (scheme.toLowerCase() !== 'basic') return;
  const pair = Buffer.from(credentials, 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon >= 0) secretOf(pair.slice(0, colon), pair.slice(colon + 1));
}

/** Remembers the tokens in an answer of a token endpoint. */
export function secretAnswer(body: string): void {
  for (const [, token = ''] of body.matchAll(/"(?:access_|refresh_|id_)?token"\s*:\s*"([^"\\]+)"/g)) secret(token);
}

/** The secrets in a text, each in the form in which it is there. */
export function secretsFoundIn(text: string): string[] {
  if (forms.size === 0) return [];
  const found = new Set<string>();
  for (let start = 0; start + KEY_LENGTH <= text.length; start++) {
    for (const form of forms.get(text.slice(start, start + KEY_LENGTH)) ?? []) {
      if (text.startsWith(form, start)) found.add(form);
    }
  }
  return [...found];
}

function formsOf(text: string): Set<string> {
  const encoded = encodeURIComponent(text.toWellFormed());
  const quoted = JSON.stringify(text).slice(1, -1);
  return new Set([
    text,
    encoded,
    encoded.replaceAll('%20', '+'),
    quoted,
    base64(text),
    base64(text).replace(/=+$/, ''),
  ]);
}

function remember(whole: string): void {
  const form = whole.slice(0, MAX_FORM_LENGTH);
  const key = form.slice(0, KEY_LENGTH);
  const others = forms.get(key) ?? new Set();
  if (others.has(form)) return;
  if (count >= MAX_FORMS) forget();
  forms.set(key, others.add(form));
  count += 1;
}

/** A file that uses more secrets makes them, one after the other, in requests that are over. */
function forget(): void {
  const [oldest] = forms;
  if (oldest === undefined) return;
  forms.delete(oldest[0]);
  count -= oldest[1].size;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
