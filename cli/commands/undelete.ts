import { isDigest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { isRepositoryName, parseReference, parseRepositoryName } from '../../core/model/reference.ts';
import { defineCommand } from '../command.ts';
import type { UndeleteRequest } from '../trash/undelete.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const undelete = defineCommand({
  name: 'undelete',
  group: 'registry',
  summary: 'bring back a tag, a manifest, a blob or a whole repository that was deleted; the registry may be running',
  details: [
    'What was deleted stays in the trash for storage.delete.keep. A manifest comes back with its tags, with the children of an index, and with the referrers that were deleted with it. A repository that was deleted as a whole comes back with the tags and manifests that it had. A digest alone brings back content that a garbage collection has removed, in all repositories that had it.',
    ADMIN_DETAILS,
  ],
  arguments: {
    what: {
      description: 'repository:tag, repository@digest, a repository that was deleted as a whole, or a digest',
      completes: 'none',
      missing: 'say what to bring back: repository:tag, repository@digest, a repository, or a digest',
    },
    'config.yml': CONFIGURATION,
  },
  options: {
    force: {
      type: 'boolean',
      description:
        'take tags from the manifests to which they point by now, immutable ones too, and bring back a manifest although blobs of it are gone',
    },
    ...ADMIN_TARGET,
    ...JSON_OUTPUT,
  },
  examples: [
    ['undelete team/app:1.4 config.yml', 'the tag, and its manifest if that was deleted as well'],
    [`undelete team/app@sha256:${'e3b0c442'.repeat(8)} config.yml`, 'the manifest with its tags, or the blob'],
    ['undelete team/app config.yml', 'all that "repository delete team/app" has removed'],
  ],
  parse: ({ args: { what, 'config.yml': config }, values, env }): UndeleteRequest => {
    const { force = false, json = false } = values;
    const target = givenAdminTarget(config, values, env);
    return { kind: 'undelete', what: parseWhat(what), isForced: force, json, ...target };
  },
  load: () => import('../trash/undelete.ts'),
});

function parseWhat(text: string): UndeleteRequest['what'] {
  if (isDigest(text)) return { digest: text };
  if (isRepositoryName(text)) return { repository: text };
  const [, name = '', separator, reference = ''] = /^([^:@]+)([:@])(.+)$/.exec(text) ?? [];
  try {
    const parsed = { name: parseRepositoryName(name), reference: parseReference(reference) };
    if ((parsed.reference.kind === 'digest') === (separator === '@')) return parsed;
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
  }
  throw new UsageError(
    `${JSON.stringify(text)} is neither repository:tag, repository@digest, a repository nor a digest, such as team/app:1.4`,
  );
}
