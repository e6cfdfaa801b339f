import { settledWithin } from '../../core/async/settled-within.ts';
import type { Logger } from '../../core/ports/logger.ts';

/** How long a plugin or a driver may take to close, in milliseconds. */
const END_MS = 10_000;

/** A part of a plugin that must be released when the registry stops. */
export interface Releasable {
  /** What to call it in the log. */
  readonly who: string;
  readonly part: object;
}

/** Lets `stack` dispose `part`, if it can be disposed; after `endMs` the stack continues without waiting for it. */
export function release(
  stack: AsyncDisposableStack,
  { who, part }: Releasable,
  { log, endMs = END_MS }: { readonly log: Logger; readonly endMs?: number },
): void {
  const end = endOf(part);
  if (end === undefined) return;
  stack.defer(async () => {
    if (await settledWithin(end(), endMs)) return;
    log.error({ who, timeoutMs: endMs }, 'did not close in time; the process exits without waiting for it');
  });
}

function endOf(part: Partial<AsyncDisposable & Disposable>): (() => Promise<void>) | undefined {
  if (part[Symbol.asyncDispose] !== undefined) return async () => part[Symbol.asyncDispose]?.();
  if (part[Symbol.dispose] !== undefined) return async () => part[Symbol.dispose]?.();
  return undefined;
}
