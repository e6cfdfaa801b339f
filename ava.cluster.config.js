export default {
  files: ['test/suites/cluster/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // A process of its own can still end its cluster when AVA ends it early; a thread cannot.
  workerThreads: false,
  // Each cluster has a dozen processes; two at a time would measure the machine.
  concurrency: 1,
  timeout: '10m',
};
