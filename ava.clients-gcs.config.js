import clients from './ava.clients.config.js';

export default {
  ...clients,
  // That one brings its own storage.
  files: [...clients.files, '!test/suites/clients/installed-driver.test.ts'],
  environmentVariables: { CLIENTS_STORAGE: 'gcs' },
};
