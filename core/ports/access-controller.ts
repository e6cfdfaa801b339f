/** Something that a request wants to do, in the words of the token specification. */
export interface Access {
  readonly type: 'repository' | 'registry';
  /** For repositories, `*` is every one; no repository is called so. */
  readonly name: string;
  readonly action: 'pull' | 'push' | 'delete' | '*';
}

/** What an access controller sees of a request. */
export interface AccessRequest {
  /** The `Authorization` header, if there is one. */
  readonly authorization: string | undefined;
}

/** Who was let in. */
export interface Grant {
  /** The name of the user; `undefined` for an anonymous one. */
  readonly user: string | undefined;
}

/** Decides whether a request may do what it needs. */
export interface AccessController {
  /**
   * @param accesses all must be allowed; an empty list asks for an authenticated user only
   * @throws UnauthorizedError when (other) credentials could help
   * @throws RegistryError `DENIED` when they could not
   */
  authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant>;
}
