/** What a client proves itself with, and where it was found. */
export interface Credentials {
  /** Empty where only a token was found. */
  readonly username: string;
  /** Empty where only a token was found. */
  readonly password: string;
  /** A refresh token, exchanged at the token endpoint by `grant_type=refresh_token` instead of a password. */
  readonly identityToken?: string | undefined;
  /** A bearer token that is sent to the registry as it is, without asking a token endpoint. */
  readonly registryToken?: string | undefined;
  /**
   * The file or program that they come from, and the key in it, as error messages say it; for example
   * `/root/.docker/config.json (auths "quay.io")`. It holds no secret.
   */
  readonly origin: string;
}

/** What credentials are wanted for. */
export interface CredentialRequest {
  /** The repository; files of podman can have credentials of their own for one, or for a part of its path. */
  readonly repository?: string | undefined;
  /** Aborts a helper program that has not answered. */
  readonly signal?: AbortSignal | undefined;
}

/** Where credentials are found. */
export interface CredentialSource {
  /**
   * @param host of a registry as it stands in a reference, with the port if there is one: `localhost:5000`, `docker.io`
   * @returns `undefined` where there are none, so that the request is made anonymously
   * @throws CredentialsError when a file cannot be understood, or a helper program fails
   */
  find(host: string, request?: CredentialRequest): Promise<Credentials | undefined>;
}
