export default {
  files: ['test/**/*.test.ts', '!test/clients/**', '!test/interop/**'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  timeout: '2m',
};
