import { defineCommand } from '../command.ts';
import type { DoctorRequest } from '../doctor/examine-registry.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const doctor = defineCommand({
  name: 'doctor',
  group: 'registry',
  summary: 'check configuration, storage, clocks, secrets, TLS and Redis of a registry, which may be running',
  details: [
    'Runs every check and says what is wrong, what soon will be, and what to do. It works in a folder of the storage that no registry looks into, and removes it. Run it as the user who runs the registry.',
    'It exits with 1 if a check has failed, and with 2 if the configuration is invalid. Warnings and notes do not count. docs/operations/doctor.md explains each check.',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    only: { type: 'string', multiple: true, value: 'a,b', description: 'only these checks', completes: 'none' },
    skip: { type: 'string', multiple: true, value: 'a,b', description: 'all checks but these', completes: 'none' },
    ...JSON_OUTPUT,
  },
  examples: [
    ['doctor /etc/stowage/config.yml', 'check everything'],
    ['doctor --only storage-speed config.yml', 'measure the storage'],
  ],
  parse: ({ args, values, env }): DoctorRequest => ({
    kind: 'doctor',
    only: values.only?.flatMap((names) => names.split(',')),
    skip: (values.skip ?? []).flatMap((names) => names.split(',')),
    json: values.json ?? false,
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../doctor/examine-registry.ts'),
});
