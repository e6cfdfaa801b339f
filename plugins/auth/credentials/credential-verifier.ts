import type { AccessRequest } from '../../../core/ports/access-controller.ts';
import type { CurrentCredential, Identity } from './identity.ts';

/** The credentials that a client sends. */
export interface PresentedCredentials {
  /** `undefined` if the secret came as a bearer token, which names no user. */
  readonly user: string | undefined;
  /** The bytes as sent. */
  readonly secret: Uint8Array;
}

/** Verifies one kind of credentials, such as passwords. */
export interface CredentialVerifier {
  /** A word in lower case; no two kinds have the same. */
  readonly kind: string;
  /** Whether the credentials have the shape of this kind. It decides by the shape alone, without asking any storage. */
  recognises(presented: PresentedCredentials): boolean;
  /**
   * Its `credential` needs to be unique only among credentials of this kind. The result holds for a minute, as long as
   * {@link current} confirms it, and for all requests with the same `Authorization` header.
   * @param request where the credentials came from
   * @throws CredentialsError when they are not valid
   * @throws RegistryError while they cannot be verified
   */
  verify(presented: PresentedCredentials, request: AccessRequest): Promise<Identity>;
  /**
   * Whether the credentials of an earlier {@link verify} are still valid; `undefined` if they are not. Nearly every
   * request asks for it, so it must be quick.
   * @throws RegistryError while this cannot be decided
   */
  current(user: string, credential: string): Promise<CurrentCredential | undefined>;
  /**
   * Whether a user may have personal access tokens, asked without credentials. They end when the answer is no. Absent:
   * no user may.
   * @param issuer that of the {@link Identity} with which the token is created
   */
  hasUser?(user: string, issuer?: string): Promise<boolean>;
}

/** Thrown for credentials that are not valid. The message is for the log; the client gets the same answer for all. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}
