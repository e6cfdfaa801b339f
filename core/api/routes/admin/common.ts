import type { FailureDescriptor } from '../../route-descriptor.ts';
import { FAILURES_EVERYWHERE, failure, required } from '../common.ts';

/** The length of an answer in JSON. */
export const JSON_LENGTH = required('Content-Length', '<bytes>', 'Length of the JSON text.');

/** Failures of every method of administration. */
export const ADMIN_FAILURES: readonly FailureDescriptor[] = [
  failure('ROUTE_UNKNOWN', 'The admin API is off; see `admin.enabled`.'),
  ...FAILURES_EVERYWHERE,
];
