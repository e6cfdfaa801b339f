import type { Grant } from '../../../core/ports/access-controller.ts';
import type { Actor } from '../../../core/registry/call-context.ts';

/** What may be done at most with some credentials, whatever their user may do. */
export type AccessLimit = Required<Pick<Grant, 'allows' | 'mayList' | 'mayOverwrite'>>;

/** What valid credentials prove. */
export interface Identity {
  readonly actor: Actor;
  /**
   * Identifies the secret that was used, without revealing anything of it. Tokens that are issued for the credentials name
   * it in their claim `cred`, so that they end with the secret.
   */
  readonly credential: string;
  /**
   * Identifies who vouches for the name and the groups. Personal access tokens of the user end when nobody does any more.
   * Absent: the registry knows the user itself.
   */
  readonly issuer?: string | undefined;
  /** Nothing that is issued for the credentials is valid later, in milliseconds since 1970. Absent: they have no end. */
  readonly expiresAtMs?: number | undefined;
  /** Absent: the credentials do everything that the user may do. */
  readonly limit?: AccessLimit | undefined;
}

/** Credentials that are still valid. */
export type CurrentCredential = Pick<Identity, 'limit'>;
