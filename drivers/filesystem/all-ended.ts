/** Waits until every action has ended. @throws the error of the first one in the list that failed */
export async function allEnded(actions: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(actions);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
