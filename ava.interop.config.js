export default {
  files: ['test/suites/interop/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // A process of its own can still end its daemons when AVA ends it early; a thread cannot.
  workerThreads: false,
  timeout: '5m',
};
