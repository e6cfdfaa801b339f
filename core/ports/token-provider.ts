import type { UploadState } from '../model/upload-state.ts';

/** What a plugin of the kind `token-provider` binds. */
export const TOKEN_PROVIDER: unique symbol = Symbol.for('stowage/TokenProvider');

/** Turns the state of an upload into a token that the client carries, and back. */
export interface TokenProvider {
  /** A token, made of URL-safe characters (`A-Z a-z 0-9 - _ =`), from which `read` gives this state. */
  issue(state: UploadState): Promise<string>;

  /**
   * The state in a token that `issue` made here or in another instance of the cluster.
   * @throws RegistryError `BLOB_UPLOAD_INVALID` for a token that is malformed, forged or too old
   */
  read(token: string): Promise<UploadState>;

  /**
   * Once it has returned or resolved, these secrets hold and no others: the first one signs, all verify. Called when the
   * secrets of the configuration (`http.secret`, `http.secrets`) have changed while the registry runs, and with the
   * earlier ones when other workers could not take over the new ones; one call at a time. A provider that has no use for
   * them leaves it out.
   * @throws Error when it cannot take them over, which should leave the earlier ones in effect. The whole reload is then
   * refused, also when this takes longer than 30 seconds
   */
  rotate?(secrets: readonly [string, ...string[]]): void | Promise<void>;
}
