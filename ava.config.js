export default {
  files: ['test/**/*.test.ts', '!test/suites/{clients,interop,faults,simulation,crash,gcs,redis,cluster,abuse}/**'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  timeout: '2m',
};
