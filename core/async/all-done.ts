/**
 * Waits until all `actions` have ended, so that none goes on in the background after a failure.
 * @throws the first error in their order
 */
export async function allDone(actions: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(actions)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
