export default {
  files: ['test/suites/gcs/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // A process of its own can still end its emulator when AVA ends it early; a thread cannot.
  workerThreads: false,
  timeout: '5m',
};
