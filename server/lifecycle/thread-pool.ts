/**
 * Imported before anything that uses libuv's thread pool, whose size is fixed by its first use. With the default of
 * four threads, four uploads that wait for the disk to confirm their bytes would stop every read.
 */
const THREADS = 16;

process.env['UV_THREADPOOL_SIZE'] ??= String(THREADS);
