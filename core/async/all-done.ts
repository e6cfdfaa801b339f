/**
 * Waits until all `actions` have settled, so none continues in the background after a failure.
 * @throws the error of the first action, in their order, that failed
 */
export async function allDone(actions: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(actions)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
