import { RemoteClient } from '../../client/remote/remote-client.ts';
import type { RemoteRegistryOptions } from '../../client/remote/remote-registry-options.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { type AnsweredHead, askHead } from './ask-head.ts';

/** The address by which clients reach the registry. */
export interface PublicAddressOptions {
  /** `https://registry.example.com`, without a path. */
  readonly url: URL;
  /** Where an upload is begun and given up. */
  readonly repository: RepositoryName;
  /** How it is reached; without credentials, requests are anonymous. */
  readonly remote: RemoteRegistryOptions;
}

/** Asks a registry at its public address, as clients do. */
export class PublicAddress implements AsyncDisposable {
  readonly url: URL;
  readonly repository: RepositoryName;
  /** Whether requests can be authenticated. */
  readonly hasUser: boolean;
  readonly #remote: RemoteRegistryOptions;
  #answer: Promise<AnsweredHead> | undefined;
  #client: RemoteClient | undefined;

  constructor({ url, repository, remote }: PublicAddressOptions) {
    this.url = url;
    this.repository = repository;
    this.hasUser = remote.credentials !== undefined;
    this.#remote = remote;
  }

  /** Sends authenticated requests, to certificates that it trusts. */
  get client(): RemoteClient {
    this.#client ??= new RemoteClient(this.#remote);
    return this.#client;
  }

  /** Asked once for all checks. @throws Error of the network */
  answer(): Promise<AnsweredHead> {
    this.#answer ??= askHead(new URL('/v2/', this.url), this.#remote.tls?.ca);
    return this.#answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }
}
