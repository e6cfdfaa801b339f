import { z } from 'zod';
import { DRIVER_WRAPPER } from '../../../core/di.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { bindPort } from '../../loading/bind-port.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../../plugin.ts';
import { EncryptingDriver } from './encrypting-driver.ts';
import { loadKeys } from './load-keys.ts';
import { checkStore } from './store-check.ts';

const Key = z
  .strictObject({
    id: z.string('must be a name for the key').min(1, 'must be a name for the key').meta({
      public: true,
      value: 'text',
      description: 'What messages call the key. It is not stored, and may be changed.',
    }),
    file: z.string('must be the path of a file').min(1, 'must be the path of a file').optional().meta({
      public: true,
      value: 'file',
      description: 'A file with the key. A relative path starts at the folder of the configuration file.',
    }),
    value: z.string('must be a key in base64 or hexadecimal digits').optional().meta({
      value: 'key',
      description: 'The key itself, meant for a variable: `REGISTRY_MIDDLEWARE_STORAGE_0_OPTIONS_KEYS_0_VALUE`.',
    }),
    command: z.array(z.string()).min(1, 'must be a program and its arguments').optional().meta({
      value: 'list of text',
      description:
        'A program and its arguments, without a shell, that prints the key, such as the client of a key management service.',
    }),
  })
  .refine(({ file, value, command }) => [file, value, command].filter((source) => source !== undefined).length === 1, {
    error: 'must have exactly one of file, value and command',
  });

const EncryptOptions = z.strictObject({
  keys: z
    .array(Key)
    .min(1, 'must have at least one key')
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, { error: 'must have different ids' })
    .meta({
      public: true,
      value: 'list of keys',
      description: 'The first key encrypts what is written; the others are for what was written with them.',
    }),
});

/** `middleware: {storage: [{name: encrypt, options: {keys: [{id, file}]}}]}`. */
export default definePlugin({
  kind: 'driver-wrapper',
  name: 'encrypt',
  contract: PLUGIN_CONTRACT,
  options: EncryptOptions,
  module: async (options, context) => {
    const keys = await loadKeys(options.keys, context);
    const wrap = async (driver: StorageDriver): Promise<StorageDriver> => {
      await checkStore(driver, keys);
      return new EncryptingDriver(driver, keys);
    };
    return bindPort(DRIVER_WRAPPER, { wrap });
  },
});
