import test from 'ava';
import { KINDS } from '../../../../plugins/kinds/index.ts';

test('stowage/plugin exports exactly what a plugin author needs', async (t) => {
  const names = Object.keys(await import('stowage/plugin'));
  const tokens = Object.values(KINDS).map(({ tokenName }) => tokenName);
  t.deepEqual(
    names.sort(),
    [
      ...tokens,
      'BROADCAST',
      'BindingModule',
      'ForwardingCatalogService',
      'ForwardingLayer',
      'ForwardingLayerService',
      'ForwardingLayerUpload',
      'ForwardingManifestService',
      'ForwardingReferrerService',
      'ForwardingRegistry',
      'ForwardingTagService',
      'LOCKS',
      'LOGGER',
      'OptionsError',
      'PLUGIN_CONTRACT',
      'REGISTRY',
      'RegistryError',
      'UnauthorizedError',
      'UploadRangeError',
      'bindPort',
      'definePlugin',
      'digestOf',
      'inject',
      'injectable',
      'isDigest',
      'parseDigest',
      'parseRepositoryName',
      'parseUploadId',
    ].sort(),
  );
});
