import { z } from 'zod';
import { BindingModule, LOCKS, REGISTRY_WRAPPER } from '../../../core/di.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { RegistryWrapper } from '../../../core/ports/registry-wrapper.ts';
import { ForwardingRegistry } from '../../../core/registry/forwarding/forwarding-registry.ts';
import { repositoryPatterns, tagPatterns } from '../../patterns/pattern-options.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../../plugin.ts';
import { ImmutableManifestService } from './immutable-manifest-service.ts';
import { SharedMutex } from './shared-mutex.ts';
import { TagRules } from './tag-rules.ts';

/** The options of the wrapper. */
export const ImmutableTagsOptions = z.strictObject({
  tags: tagPatterns().prefault(['*']).meta({
    public: true,
    value: 'list of patterns',
    description: 'Tags that are immutable.',
  }),
  except: tagPatterns().prefault([]).meta({
    public: true,
    value: 'list of patterns',
    description: 'Tags that stay mutable although they match `tags`.',
  }),
  repositories: repositoryPatterns().prefault(['**']).meta({
    public: true,
    value: 'list of patterns',
    description: 'The repositories to which this applies.',
  }),
});

/** `middleware: {registry: [{name: immutable-tags, options: {tags, except, repositories}}]}`. */
export default definePlugin({
  kind: 'registry-wrapper',
  name: 'immutable-tags',
  contract: PLUGIN_CONTRACT,
  options: ImmutableTagsOptions,
  module: (options) => {
    const rules = new TagRules(options);
    const wrapperWith = (locks: Locks): RegistryWrapper => {
      const mutex = new SharedMutex(locks);
      return {
        wrap: (inner) =>
          new ForwardingRegistry(inner, { manifests: new ImmutableManifestService(inner, { rules, mutex }) }),
      };
    };
    return new BindingModule(({ bind }) => void bind(REGISTRY_WRAPPER).toResolvedValue(wrapperWith, [LOCKS]));
  },
});
