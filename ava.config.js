export default {
  files: ['test/**/*.test.ts', '!test/{clients,interop,faults,simulation,crash,gcs}/**'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  timeout: '2m',
};
