import { defineCommand } from '../command.ts';
import type { BlobRequest } from '../images/blob-bytes.ts';
import { UsageError } from '../usage-error.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

export const blob = defineCommand({
  name: 'blob',
  group: 'images',
  summary: 'write a blob to a file or to standard output, or store one',
  arguments: { blob: { description: '<registry>/<name>@<digest>; with --put without a digest', completes: 'image' } },
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'file',
      description:
        'write to this file ("-" for standard output); a file appears only when all bytes are verified, and is not resumed; pipes and devices get the bytes as they arrive',
      completes: 'file',
    },
    put: {
      type: 'string',
      value: 'file',
      description: 'store this file instead ("-" for standard input), and print its digest',
      completes: 'file',
    },
    json: {
      ...JSON_OUTPUT.json,
      description: 'print the digest of --put as JSON; a blob itself is always written unchanged',
    },
    ...CONNECTION,
  },
  examples: [['blob localhost:5000/app@sha256:… -o layer.tar.gz', 'one layer']],
  parse: ({ args, values: { output, put, json = false, ...values } }): BlobRequest => {
    if (output !== undefined && put !== undefined) throw new UsageError('--put takes no --output');
    return { kind: 'blob', blob: args.blob, output, put, json, connection: givenConnection(values) };
  },
  load: () => import('../images/blob-bytes.ts'),
});
