import { randomBytes } from 'node:crypto';

/** Creates names of unused repositories: below a namespace, with a random part. */
export class Repositories {
  /** The repository that most checks share. */
  readonly shared: string;
  #count = 0;

  /** @param namespace the part before the random one, such as `stowage-verify` */
  constructor(namespace: string) {
    this.shared = `${namespace}/${randomBytes(8).toString('hex')}`;
  }

  /** A new name. */
  next(): string {
    this.#count++;
    return `${this.shared}-${this.#count}`;
  }
}
