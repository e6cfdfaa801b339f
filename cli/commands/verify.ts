import { checkUsername } from '../check-username.ts';
import { defineCommand } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import type { VerifyRequest } from '../verify/verify-registry.ts';
import { givenConnection, givenNumber } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

const MAX_SECONDS = 86_400;
const DEFAULT_NAMESPACE = 'stowage-verify';

export const verify = defineCommand({
  name: 'verify',
  group: 'verification',
  summary: 'check which rules of the specification and of common clients a registry follows',
  details: [
    'Any registry over HTTP can be verified. The checks push random content to repositories with random names below --namespace, touch nothing else, and remove everything at the end, even after Ctrl-C. docs/verify.md lists them, and what breaks in clients.',
    'It exits with 7 if a mandatory rule (MUST) is broken, and with --strict with 8 if only recommended ones (SHOULD) are. A MAY never counts against a registry.',
  ],
  arguments: {
    url: {
      description: 'the registry: https://registry.example.com, or its host',
      presence: 'optional',
      completes: ['diff'],
    },
  },
  options: {
    only: {
      type: 'string',
      multiple: true,
      value: 'a,b',
      description: 'only checks whose names begin with these, such as pull or push/chunk',
    },
    namespace: {
      type: 'string',
      value: 'name',
      description: `prefix of the repository names (default ${DEFAULT_NAMESPACE})`,
      completes: 'none',
    },
    username: { type: 'string', short: 'u', value: 'name', description: 'the user', completes: 'none' },
    'password-stdin': { type: 'boolean', description: 'read the password from standard input' },
    strict: { type: 'boolean', description: 'also exit with 8 if only recommended rules are broken' },
    'time-limit': {
      type: 'string',
      value: 'seconds',
      description: 'time limit for all checks; the rest is skipped (default 600)',
      completes: 'none',
    },
    'check-time-limit': {
      type: 'string',
      value: 'seconds',
      description: 'time limit for one check (default 30)',
      completes: 'none',
    },
    report: { type: 'string', value: 'file', description: 'write the results as JSON', completes: 'file' },
    junit: { type: 'string', value: 'file', description: 'write the results as JUnit XML', completes: 'file' },
    html: {
      type: 'string',
      value: 'file',
      description: 'write a page with the request and response of each failure',
      completes: 'file',
    },
    'driver-docs': {
      type: 'boolean',
      description: 'only print all checks with their rules, sources and consequences, as Markdown',
    },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [
    ['verify localhost:5000', 'verify a registry on this machine'],
    ['verify https://registry.example.com --namespace team/verify --html report.html', 'and write a report page'],
    ['verify registry.example.com --only pull,push --junit junit.xml --strict', 'in a pipeline'],
  ],
  parse: ({ args: { url }, values }): VerifyRequest => {
    const { username, report, junit, html } = values;
    const driverDocs = values['driver-docs'] ?? false;
    if (url === undefined && !driverDocs) throw new UsageError('"verify" needs <url>');
    if (username !== undefined) checkUsername(username);
    const fromInput = values['password-stdin'] ?? false;
    if (fromInput && username === undefined) throw new UsageError('--username is missing');
    return {
      kind: 'verify',
      url,
      only: values.only?.flatMap((names) => names.split(',')),
      namespace: values.namespace ?? DEFAULT_NAMESPACE,
      user: username === undefined ? undefined : { username, password: undefined, fromInput },
      strict: values.strict ?? false,
      timeLimitS: givenNumber('time-limit', values['time-limit'], { min: 1, max: MAX_SECONDS }),
      checkTimeLimitS: givenNumber('check-time-limit', values['check-time-limit'], { min: 1, max: MAX_SECONDS }),
      files: { report, junit, html },
      driverDocs,
      json: values.json ?? false,
      connection: givenConnection(values),
    };
  },
  load: () => import('../verify/verify-registry.ts'),
});
