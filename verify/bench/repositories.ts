import { randomBytes } from 'node:crypto';

/** Repositories that nobody else uses: below a namespace, with a random part. */
export class Repositories {
  /** The one that most checks share. */
  readonly shared: string;
  #count = 0;

  /** @param namespace what is written before the random part, such as `stowage-verify` */
  constructor(namespace: string) {
    this.shared = `${namespace}/${randomBytes(8).toString('hex')}`;
  }

  /** One more. */
  next(): string {
    this.#count++;
    return `${this.shared}-${this.#count}`;
  }
}
