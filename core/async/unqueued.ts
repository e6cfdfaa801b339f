import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<true>();

/** Does some work whose calls no queue may hold up, because they ask whether the storage answers. They must be few. */
export function unqueued<Result>(work: () => Result): Result {
  return current.run(true, work);
}

/** Whether the work that is running is to pass all queues; see {@link unqueued}. */
export function isUnqueued(): boolean {
  return current.getStore() === true;
}
