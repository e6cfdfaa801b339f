/** The credentials of a client, and where they were found. */
export interface Credentials {
  /** Empty if only a token was found. */
  readonly username: string;
  /** Empty if only a token was found. */
  readonly password: string;
  /** A refresh token, exchanged at the token endpoint by `grant_type=refresh_token` instead of a password. */
  readonly identityToken?: string | undefined;
  /** A bearer token that is sent to the registry unchanged, without a token endpoint. */
  readonly registryToken?: string | undefined;
  /**
   * The file or program that they come from, and the key in it, for error messages; for example
   * `/root/.docker/config.json (auths "quay.io")`. It contains no secret.
   */
  readonly origin: string;
}

/** What credentials are needed for. */
export interface CredentialRequest {
  /** The repository; Podman's files can have separate credentials for a repository or a part of its path. */
  readonly repository?: string | undefined;
  /** Aborts a helper program that has not answered yet. */
  readonly signal?: AbortSignal | undefined;
}

/** A source of credentials. */
export interface CredentialSource {
  /**
   * @param host of a registry as in a reference, with the port if there is one: `localhost:5000`, `docker.io`
   * @returns `undefined` when there are none; the request is then anonymous
   * @throws CredentialsError when a file is malformed, or a helper program fails
   */
  find(host: string, request?: CredentialRequest): Promise<Credentials | undefined>;
}
