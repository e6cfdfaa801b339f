export default {
  files: ['test/suites/faults/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  timeout: '5m',
};
