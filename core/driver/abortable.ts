/**
 * Waits for `action`, or until `signal` aborts: for calls of a library that takes no signal. The action itself
 * continues; its later result is dropped and its later error is ignored.
 * @throws the error of `action`; the reason of `signal` as soon as that aborts
 */
export async function abortable<Result>(action: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return action;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([aborted, action]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
