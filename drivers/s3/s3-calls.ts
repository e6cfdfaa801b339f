import type { S3Client } from '@aws-sdk/client-s3';
import type { Retries } from '../object-store/index.ts';
import { toStatusError } from './s3-error.ts';

/** Sends one command; the library takes the options. */
export type Send<Output> = (client: S3Client, options: { readonly abortSignal?: AbortSignal }) => Promise<Output>;

/** What the calls are made with. */
export interface CallDependencies {
  readonly client: S3Client;
  readonly retries: Retries;
  /** The service, for messages. */
  readonly service: string;
}

/** Calls of one bucket: what fails for a moment is repeated, and answers that are errors become StatusErrors. */
export class S3Calls {
  readonly retries: Retries;
  readonly #dependencies: CallDependencies;

  constructor(dependencies: CallDependencies) {
    this.retries = dependencies.retries;
    this.#dependencies = dependencies;
  }

  get client(): S3Client {
    return this.#dependencies.client;
  }

  /** Repeats the command after transient failures. */
  run<Output>(send: Send<Output>, signal?: AbortSignal): Promise<Output> {
    return this.retries.run(() => this.once(send, signal), signal);
  }

  /** Sends the command one time. */
  async once<Output>(send: Send<Output>, signal?: AbortSignal): Promise<Output> {
    const { client, service } = this.#dependencies;
    try {
      return await send(client, signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw toStatusError(error, service);
    }
  }
}
