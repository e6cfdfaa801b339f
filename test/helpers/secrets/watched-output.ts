import { secretsFoundIn } from './known-secrets.ts';

/** How much of what surrounds a secret a message shows. */
const CONTEXT = 80;
/** How much of an output is kept before it is checked; a secret may be used after it was written. */
const MAX_KEPT = 4_000_000;

/** An output of a test contains a secret that the test has used. */
export class SecretLeakError extends Error {
  override readonly name = 'SecretLeakError';
}

/**
 * Checks an output for every secret of this test file.
 * @throws SecretLeakError that shows the secret and what is around it
 */
export function checkForSecrets(where: string, text: string): void {
  const [first] = secretsFoundIn(text);
  if (first === undefined) return;
  const at = text.indexOf(first);
  const around = text.slice(Math.max(0, at - CONTEXT), at + first.length + CONTEXT);
  throw new SecretLeakError(`${where} contains the secret ${JSON.stringify(first)}: …${around}…`);
}

/** An output that is checked for secrets when it has ended. */
export class WatchedOutput {
  readonly #where: string;
  #text = '';

  constructor(where: string) {
    this.#where = where;
  }

  /** @throws SecretLeakError if the output is so long that its beginning is checked now */
  add(chunk: string): void {
    this.#text += chunk;
    if (this.#text.length > MAX_KEPT) this.check();
  }

  /** @throws SecretLeakError */
  check(): void {
    const text = this.#text;
    this.#text = '';
    checkForSecrets(this.#where, text);
  }
}
