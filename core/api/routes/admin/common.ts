import type { FailureDescriptor } from '../../route-descriptor.ts';
import { FAILURES_EVERYWHERE, failure, optional, required } from '../common.ts';

/** The length of an answer in JSON. */
export const JSON_LENGTH = required('Content-Length', '<bytes>', 'Length of the JSON text.');

/** Failures of every method of administration. */
export const ADMIN_FAILURES: readonly FailureDescriptor[] = [
  failure('ROUTE_UNKNOWN', 'The admin API is off; see `admin.enabled`.'),
  ...FAILURES_EVERYWHERE,
];

/** Failures of every method of administration that changes something. */
export const ADMIN_WRITE_FAILURES: readonly FailureDescriptor[] = [
  failure('UNSUPPORTED', 'The registry is read-only.', [
    optional('Allow', '<method>[, …]', 'The methods that are available here.'),
  ]),
  ...ADMIN_FAILURES,
];
