/** Resolves to the result of `action`, or rejects with the reason of `signal` as soon as that aborts. */
export async function abortable<Result>(
  signal: AbortSignal | undefined,
  action: Promise<Result> | undefined,
): Promise<Result | undefined> {
  if (action === undefined || signal === undefined) return action;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([action, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
