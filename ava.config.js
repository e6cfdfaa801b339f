export default {
  files: ['test/**/*.test.ts', '!test/{clients,interop,faults,simulation,crash,gcs,redis,cluster,abuse}/**'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  timeout: '2m',
};
