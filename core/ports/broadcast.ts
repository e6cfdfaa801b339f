/** Delivers messages to every process of this registry, such as which entries a cache must forget. */
export interface Broadcast {
  /** Resolves when every other process within reach has acted on the message or has ended. */
  publish(subject: string, text: string): Promise<void>;

  /**
   * Calls `act` for every message that other processes publish from now on. `act` finishes before it returns: promises
   * are not awaited. Errors are logged if a plugin subscribed; the registry's own `act` must not throw.
   * @param missed called when messages may have been missed: everything they could have been about must be forgotten
   */
  subscribe(subject: string, act: (text: string) => void, missed: () => void): void;

  /** Which processes it reaches: those of this instance, or those of all instances on this storage. */
  readonly reach: 'instance' | 'instances';

  /**
   * Whether all messages arrive in this process. While it is `false`, cached entries may be stale: ask the storage
   * instead.
   */
  readonly isConnected: boolean;
}
