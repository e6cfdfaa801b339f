export default {
  files: ['test/suites/simulation/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  timeout: '5m',
};
