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
  summary: 'find out which rules of the specification and of its clients a registry keeps',
  details: [
    'Any registry over HTTP can be verified. The checks push random content to repositories with random names below --namespace, touch nothing else, and remove everything at the end, also after Ctrl-C. docs/verify.md lists them with what clients suffer.',
    'It ends with 7 when a rule that binds every registry is broken, and with --strict with 8 when only others are. A MAY is never held against a registry.',
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
      description: 'only the checks of these groups, or that begin so: pull, push/chunk',
    },
    namespace: {
      type: 'string',
      value: 'name',
      description: `what the repositories begin with (default ${DEFAULT_NAMESPACE})`,
      completes: 'none',
    },
    username: { type: 'string', short: 'u', value: 'name', description: 'the user', completes: 'none' },
    'password-stdin': { type: 'boolean', description: 'read the password from standard input' },
    strict: { type: 'boolean', description: 'end with 8 also if only rules that a registry should keep are broken' },
    'time-limit': {
      type: 'string',
      value: 'seconds',
      description: 'how long all checks may take; the rest is then skipped (default 600)',
      completes: 'none',
    },
    'check-time-limit': {
      type: 'string',
      value: 'seconds',
      description: 'how long one check may take (default 30)',
      completes: 'none',
    },
    report: { type: 'string', value: 'file', description: 'write the results as JSON', completes: 'file' },
    junit: { type: 'string', value: 'file', description: 'write the results as JUnit XML', completes: 'file' },
    html: {
      type: 'string',
      value: 'file',
      description: 'write a page with request and answer of each failure',
      completes: 'file',
    },
    'driver-docs': {
      type: 'boolean',
      description: 'only print every check with its rule, where it is written, and who suffers, as Markdown',
    },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [
    ['verify localhost:5000', 'verify a registry on this machine'],
    ['verify https://registry.example.com --namespace team/verify --html report.html', 'and write a page'],
    ['verify registry.example.com --only pull,push --junit junit.xml --strict', 'for a pipeline'],
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
