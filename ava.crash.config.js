export default {
  files: ['test/suites/crash/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // A process of its own can still end its servers when AVA ends it early; a thread cannot.
  workerThreads: false,
  timeout: '10m',
};
