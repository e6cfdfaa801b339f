export default {
  files: ['test/suites/abuse/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // Waiting times are measured: one server is abused at a time.
  concurrency: 1,
  serial: true,
  timeout: '4m',
};
