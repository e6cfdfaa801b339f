/**
 * With libuv's default of four, four uploads that wait for the disk to confirm their bytes would stop every read. With
 * sixteen, a push costs an eighth more processor time, because each call wakes another thread that has slept for long.
 */
const THREADS = 8;

/**
 * Sets the size of libuv's thread pool, unless the operator has. Call it before anything uses the pool: its first use
 * fixes the size.
 * @param env the environment of this process; workers inherit it
 */
export function sizeThreadPool(env: NodeJS.ProcessEnv): void {
  env['UV_THREADPOOL_SIZE'] ??= String(THREADS);
}
