import test from 'ava';
import { KINDS } from '../../../../plugins/kinds/index.ts';

test('stowage/plugin exports what an author of plugins needs, and nothing else', async (t) => {
  const names = Object.keys(await import('stowage/plugin'));
  const tokens = KINDS.map(({ tokenName }) => tokenName);
  t.deepEqual(
    names.sort(),
    [
      ...tokens,
      'BindingModule',
      'PLUGIN_CONTRACT',
      'RegistryError',
      'UnauthorizedError',
      'bindPort',
      'definePlugin',
      'isDigest',
      'parseDigest',
      'parseRepositoryName',
      'parseUploadId',
    ].sort(),
  );
});
