import { parseBytes } from '../../core/model/units.ts';
import { defineCommand } from '../command.ts';
import type { CopyStorageRequest } from '../copy-storage/copy-storage.ts';
import { UsageError } from '../usage-error.ts';
import { DRY_RUN, JSON_OUTPUT } from './shared-options.ts';

const DEFAULT_CONCURRENCY = 8;
const MAX_CONCURRENCY = 256;

export const copyStorage = defineCommand({
  name: 'copy-storage',
  group: 'registry',
  summary: 'copy everything from one storage to another, on any drivers; registries may be running',
  details: [
    'Copies blobs, repositories, tags and access tokens, and verifies every byte on the way; what the target has in the same size is skipped. A run that was stopped or killed is completed by the next one. While the source still takes pushes, each further run copies what is new; with the source read-only, the last one makes both equal. Nothing is removed from the target without --delete. The source is only read.',
    'What is damaged in the source is reported and not copied; the command then exits with 9.',
  ],
  arguments: {
    'from.yml': { description: 'the configuration of the storage that is read', completes: 'file' },
    'to.yml': { description: 'the configuration of the storage that is written', completes: 'file' },
  },
  options: {
    ...DRY_RUN,
    delete: {
      type: 'boolean',
      description: 'remove tags, manifests, links and access tokens from the target that the source does not have',
    },
    'verify-content': {
      type: 'boolean',
      description: 'read again what the target has, and copy it again if it is damaged',
    },
    rate: {
      type: 'string',
      value: 'size',
      description: 'how many bytes to read each second at most, such as 200MiB',
      completes: 'none',
    },
    concurrency: {
      type: 'string',
      value: 'n',
      description: `how many blobs are copied at the same time at most (1 to ${MAX_CONCURRENCY}, default ${DEFAULT_CONCURRENCY})`,
      completes: 'none',
    },
    ...JSON_OUTPUT,
  },
  examples: [
    ['copy-storage old.yml new.yml', 'copy what is new'],
    ['copy-storage --delete old.yml new.yml', 'make the target equal'],
  ],
  parse: ({ args, values }): CopyStorageRequest => {
    const { 'dry-run': dryRun = false, delete: deletes = false, 'verify-content': verifies = false } = values;
    const { json = false, rate, concurrency } = values;
    return {
      kind: 'copy-storage',
      from: args['from.yml'],
      to: args['to.yml'],
      dryRun,
      deletes,
      verifies,
      bytesPerSecond: givenRate(rate),
      concurrency: givenConcurrency(concurrency),
      json,
    };
  },
  load: () => import('../copy-storage/copy-storage.ts'),
});

function givenRate(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const bytes = parseBytes(text) ?? 0;
  if (bytes > 0) return bytes;
  throw new UsageError(`--rate ${JSON.stringify(text)} is not a size such as 200MiB`);
}

function givenConcurrency(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CONCURRENCY;
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_CONCURRENCY) return number;
  throw new UsageError(`--concurrency ${JSON.stringify(text)} is not a number from 1 to ${MAX_CONCURRENCY}`);
}
