import type { RepositoryName, Tag } from '../../core/model/reference.ts';
import immutableTagsPlugin, { ImmutableTagsOptions } from '../../plugins/registry-wrappers/immutable-tags/index.ts';
import { TagRules } from '../../plugins/registry-wrappers/immutable-tags/tag-rules.ts';
import type { Configuration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';

/**
 * Tells which tags nobody can move or delete, by the policy and by the middleware of a configuration.
 * @param settings their policy may change
 */
export function immutableTagsOf(
  { registryWrappers }: Pick<Configuration, 'registryWrappers'>,
  settings: Pick<HttpSettings, 'policy'>,
): (name: RepositoryName, tag: Tag) => boolean {
  const wrappers = registryWrappers.filter(({ name }) => name === immutableTagsPlugin.name);
  const fixed = wrappers.map(({ options }) => new TagRules(ImmutableTagsOptions.parse(options)));
  return (name, tag) =>
    [...fixed, ...(settings.policy?.immutableTags ?? [])].some((rules) => rules.isImmutable(name, tag));
}
