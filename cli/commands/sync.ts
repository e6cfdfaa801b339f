import { defineCommand } from '../command.ts';
import type { SyncRequest } from '../transfers/sync-images.ts';
import { UsageError } from '../usage-error.ts';
import { givenTagRules, TAG_RULES } from './given-tag-rules.ts';
import { givenTransfer } from './given-transfer.ts';
import { TRANSFER } from './shared-options.ts';

export const sync = defineCommand({
  name: 'sync',
  group: 'transfer',
  summary: 'copy many tags of a repository, or many repositories of a registry',
  details: [
    'A tag that is already up to date costs one manifest read and two requests without a body, which ask the target for the manifest and the tag. Nothing is deleted.',
    'Registries without the referrers API keep lists of referrers under tags (sha256-…). These are not copied as tags; with --referrers, what they list is copied and added to the list of the target.',
    'With --recursive, the source is a registry, a prefix of its repository names such as quay.io/team, or the storage of a Stowage registry (store:<config.yml>). Each repository keeps the rest of its name.',
    'An archive is written as a whole: it replaces an existing image archive with all of its tags, but never a file of another kind.',
  ],
  arguments: {
    source: { description: 'a repository without a tag, oci:<folder>, or an archive', completes: 'image' },
    target: { description: 'the same', completes: 'image' },
  },
  options: {
    ...TAG_RULES,
    recursive: { type: 'boolean', short: 'r', description: 'copy all repositories under the source' },
    'keep-going': { type: 'boolean', description: 'continue with the others when an image fails, and exit with 3' },
    ...TRANSFER,
  },
  examples: [
    ["sync quay.io/team/app localhost:5000/app --semver '>=2' --newest 5", 'the five highest versions'],
    ["sync -r quay.io/team localhost:5000/mirror --exclude '*-rc*' --keep-going", 'a mirror of a team'],
    ['sync -r store:config.yml registry.example.com', 'everything in a storage; the registry need not be running'],
  ],
  parse: ({ args: { source, target }, values }): SyncRequest => {
    const { recursive = false } = values;
    if (source === '' || target === '') throw new UsageError('an argument is empty');
    const keepGoing = values['keep-going'] ?? false;
    return {
      kind: 'sync',
      source,
      target,
      recursive,
      keepGoing,
      rules: givenTagRules(values),
      transfer: givenTransfer(values),
    };
  },
  load: () => import('../transfers/sync-images.ts'),
});
