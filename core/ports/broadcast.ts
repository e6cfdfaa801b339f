/** Messages that every process of this registry has to hear, such as what a cache must forget. */
export interface Broadcast {
  /** Resolves when every other process that this reaches has acted on it; one that has ended counts, too. */
  publish(subject: string, text: string): Promise<void>;

  /**
   * From now on `act` is called with what other processes publish. It acts before it returns: nothing waits for a promise.
   * What it throws is logged for a plugin; the registry's own must not throw.
   * @param missed called when messages may have been missed: whatever they could have been about must be forgotten
   */
  subscribe(subject: string, act: (text: string) => void, missed: () => void): void;

  /** Whom it reaches: the processes of this instance, or all instances on this storage. */
  readonly reach: 'instance' | 'instances';

  /** Whether all messages arrive here. While it is `false`, what a cache knows may have changed: the storage must be asked. */
  readonly isConnected: boolean;
}
