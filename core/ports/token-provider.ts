import type { UploadState } from '../model/upload-state.ts';

/** The token to which a plugin of the kind `token-provider` binds its port. */
export const TOKEN_PROVIDER: unique symbol = Symbol.for('stowage/TokenProvider');

/** Converts the state of an upload to a token that the client carries, and back. */
export interface TokenProvider {
  /** A token of URL-safe characters (`A-Z a-z 0-9 - _ =`) from which `read` restores this state. */
  issue(state: UploadState): Promise<string>;

  /**
   * Restores the state from a token that `issue` created in this or another instance of the cluster.
   * @throws RegistryError `BLOB_UPLOAD_INVALID` for a token that is malformed, forged or too old
   */
  read(token: string): Promise<UploadState>;

  /**
   * Replaces the secrets. Once it has returned or resolved, only these secrets are valid: the first one signs, all
   * verify. Called when the secrets of the configuration (`http.secret`, `http.secrets`) change while the registry
   * runs, and with the earlier ones if other workers could not adopt the new ones; one call at a time. A provider
   * without secrets omits it.
   * @throws Error when it cannot adopt them; the earlier ones should stay in effect. The whole reload is then rejected,
   * as it is when this takes longer than 30 seconds
   */
  rotate?(secrets: readonly [string, ...string[]]): void | Promise<void>;
}
