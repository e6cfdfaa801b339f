import { createHash } from 'node:crypto';
import { bindPort, DIGEST_ALGORITHM, definePlugin, PLUGIN_CONTRACT } from 'stowage/plugin';
import { noOptions } from './no-options.ts';

/** SHA-384 of Node, whose state cannot be saved. */
export default definePlugin({
  kind: 'digest-algorithm',
  name: 'sha384',
  contract: PLUGIN_CONTRACT,
  options: noOptions,
  module: () =>
    bindPort(DIGEST_ALGORITHM, {
      name: 'sha384',
      hexLength: 96,
      createHash: () => {
        const hash = createHash('sha384');
        return { update: (bytes) => hash.update(bytes), digest: () => hash.copy().digest('hex') };
      },
    }),
});
