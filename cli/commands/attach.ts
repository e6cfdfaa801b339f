import { defineCommand } from '../command.ts';
import type { AttachRequest } from '../images/attach-files.ts';
import { UsageError } from '../usage-error.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, DRY_RUN, JSON_OUTPUT } from './shared-options.ts';

export const attach = defineCommand({
  name: 'attach',
  group: 'images',
  summary: 'attach files to an image and print the digest of the new manifest',
  arguments: {
    image: { description: 'an image in a registry, a store or a folder (oci:)', completes: 'image' },
    files: {
      description: '<file>[:<media type>] to attach; the default type is application/octet-stream',
      presence: 'many',
      completes: 'file',
    },
  },
  options: {
    type: {
      type: 'string',
      value: 'type',
      description: 'the artifact type, such as application/spdx+json; required',
      completes: 'none',
    },
    annotation: {
      type: 'string',
      multiple: true,
      value: 'key=value',
      description: 'an annotation of the manifest; repeatable',
      completes: 'none',
    },
    ...DRY_RUN,
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [['attach quay.io/team/app:v1 sbom.json --type application/spdx+json', 'an SBOM']],
  parse: ({ args: { image, files }, values }): AttachRequest => {
    const { type: artifactType, annotation = [] } = values;
    if (artifactType === undefined)
      throw new UsageError('--type is missing: give the artifact type, such as application/spdx+json');
    return {
      kind: 'attach',
      image,
      files,
      artifactType,
      annotations: Object.fromEntries(annotation.map(annotationOf)),
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      connection: givenConnection(values),
    };
  },
  load: () => import('../images/attach-files.ts'),
});

function annotationOf(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--annotation takes key=value, not ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
