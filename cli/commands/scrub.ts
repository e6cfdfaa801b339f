import { parseBytes } from '../../core/model/units.ts';
import { defineCommand } from '../command.ts';
import type { ScrubRequest } from '../scrub/scrub-storage.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { CALL_RATE, givenCallRate, givenRun, RUN } from './given-run.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const scrub = defineCommand({
  name: 'scrub',
  group: 'registry',
  summary: 'verify everything that is stored, and quarantine what is damaged; the registry may be running',
  details: [
    'Reads all content and compares it with its digest, then checks the links of all repositories. Damaged content is moved aside, so that no client gets it; the next push of it repairs the registry. Exits with 9 if something is damaged, whether it was repaired or not.',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    ...RUN,
    rate: {
      type: 'string',
      value: 'size',
      description: 'how many bytes to read each second at most, such as 200MiB, instead of the configured number',
      completes: 'none',
    },
    ...CALL_RATE,
    ...JSON_OUTPUT,
  },
  examples: [
    ['scrub --dry-run config.yml', 'what is damaged'],
    ['scrub --rate 1GiB config.yml', 'verify as fast as the disk allows'],
  ],
  parse: ({ args, values, env }): ScrubRequest => {
    const { json = false, rate } = values;
    const limits = { bytesPerSecond: givenRate(rate), ...givenCallRate(values) };
    return { kind: 'scrub', ...givenRun(values), ...limits, json, path: configurationPath(args['config.yml'], env) };
  },
  load: () => import('../scrub/scrub-storage.ts'),
});

function givenRate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseBytes(text) ?? 0;
  if (bytes > 0) return bytes;
  throw new UsageError(`--rate ${JSON.stringify(text)} is not a size such as 200MiB`);
}
