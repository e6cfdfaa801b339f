import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';

/** Actions that change something, in the registry or in what clients may do there. */
export const CHANGING_ACTIONS = [
  'push',
  'overwrite',
  'delete',
  'mount',
  'cancel',
  'token-created',
  'token-revoked',
  'admin',
] as const;

/** Actions that change nothing. */
export const READING_ACTIONS = ['pull', 'list', 'login', 'token-issued'] as const;

/**
 * What a client did, or wanted to do. `push` stores a blob or a manifest and sets new tags, `overwrite` moves a tag to
 * another manifest, `cancel` ends an upload, `login` presents credentials without asking for anything else, and `admin`
 * is a change by the admin API, or by a route of a plugin that belongs to no repository.
 */
export type AuditAction = (typeof CHANGING_ACTIONS)[number] | (typeof READING_ACTIONS)[number];

/** One thing that a client did, or wanted to do. Holds no secret: no password, no token, no `Authorization` header. */
export interface AuditRecord {
  readonly at: Date;
  /** The host name of the instance that answered. */
  readonly instance: string;
  /** As in the log and in the header `X-Request-Id`. */
  readonly requestId: string;
  readonly action: AuditAction;
  /**
   * `allowed`: it was done, whatever the client received. `refused`: it was not allowed. `failed`: it was allowed, or
   * needed no permission, but was not done.
   */
  readonly outcome: 'allowed' | 'refused' | 'failed';
  /** The HTTP status; 499 when the client did not receive all of the answer. */
  readonly status: number;
  /** Absent for an anonymous client. With a refused `login`, the name that was given. */
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  /** The IP address of the client, as access controllers see it; absent on a Unix socket. */
  readonly address?: string | undefined;
  /** The subject of the client's certificate, if `http.tls.clientcas` trusts it. */
  readonly certificate?: string | undefined;
  readonly repository?: RepositoryName | undefined;
  /** The tag in the request, or one that a push set; a push that sets several tags causes one record per tag. */
  readonly tag?: Tag | undefined;
  /** The content. When a tag was deleted, that to which it pointed. */
  readonly digest?: Digest | undefined;
  /** The digest to which a tag pointed before it was overwritten. */
  readonly replaced?: Digest | undefined;
  /** The source of a mount, absent if the client named none; the old name of a repository that is renamed. */
  readonly fromRepository?: string | undefined;
  /** `true`: the client asked for it also where immutable tags, tags of others or missing blobs would prevent it. */
  readonly force?: boolean | undefined;
  /** The ID of an upload, where no digest is known yet. */
  readonly upload?: string | undefined;
  /** The ID of a personal access token, by which it is listed and revoked; not the token. */
  readonly tokenId?: string | undefined;
  /** The rule that decided, as the access controller or the policy names it; `no rule` if none allowed it. */
  readonly rule?: string | undefined;
  /** The code of the error, such as `DENIED`; absent when there was none. */
  readonly error?: string | undefined;
  /** Why it was refused or failed, in words for an operator. */
  readonly reason?: string | undefined;
  /** Method and path of a request that was refused or failed, or of one with the action `admin`; without the query. */
  readonly request?: string | undefined;
}
