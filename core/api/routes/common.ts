import type { RegistryErrorCode } from '../../model/errors.ts';
import { ERROR_DESCRIPTORS } from '../error-descriptors.ts';
import type {
  BodyDescriptor,
  FailureDescriptor,
  MethodDescriptor,
  ParameterDescriptor,
  RequestDescriptor,
} from '../route-descriptor.ts';

/** A parameter that is always present in an answer, or must be in a request. */
export function required(name: string, format: string, description: string): ParameterDescriptor {
  return { name, format, description, required: true };
}

/** A parameter that may be absent. */
export function optional(name: string, format: string, description: string): ParameterDescriptor {
  return { name, format, description, required: false };
}

/** A failure. Without `when`, the description of the error code is used. */
export function failure(
  code: RegistryErrorCode,
  when: string = ERROR_DESCRIPTORS[code].description,
  headers: readonly ParameterDescriptor[] = [],
): FailureDescriptor {
  return { code, when, headers };
}

/** GET and, with the same data, HEAD. */
export function getAndHead(get: Omit<MethodDescriptor, 'method'>): [MethodDescriptor, MethodDescriptor] {
  return [
    { method: 'GET', ...get },
    { method: 'HEAD', ...get },
  ];
}

/** A request without relevant headers or query. */
export const PLAIN_REQUEST: RequestDescriptor = { headers: [], query: [] };

/** Content that the registry treats as plain bytes. */
export const OCTETS: BodyDescriptor = { contentType: 'application/octet-stream', description: 'The bytes.' };

export const CONTENT_DIGEST = required('Docker-Content-Digest', '<digest>', 'The digest of the content.');
export const CONTENT_LENGTH = required('Content-Length', '<bytes>', 'Length of the content, also in answers to HEAD.');
export const EMPTY_LENGTH = required('Content-Length', '0', 'The answer has no body.');
export const ENTITY_TAG = required('ETag', '"<digest>"', 'The digest as a strong entity tag.');
export const IF_NONE_MATCH = optional(
  'If-None-Match',
  '"<digest>"[, …] or *',
  'Answer 304 if the content is one of these. A digest without quotes is accepted.',
);
export const NEXT_PAGE = optional('Link', '<url>; rel="next"', 'The next page; absent on the last one.');

/** The query of a list that comes in pages. */
export const PAGE_QUERY: readonly ParameterDescriptor[] = [
  optional('n', '<integer>', 'The maximum number of entries; 0 returns none. The registry also has its own limit.'),
  optional('last', '<entry>', 'Return only entries after this one in byte order; it need not exist.'),
];

/** Failures of every method of every route. */
export const FAILURES_EVERYWHERE: readonly FailureDescriptor[] = [
  failure('UNAUTHORIZED', undefined, [required('WWW-Authenticate', '<scheme> <parameters>', 'How to authenticate.')]),
  failure('DENIED'),
  failure('TOOMANYREQUESTS', undefined, [optional('Retry-After', '<seconds>', 'When to retry.')]),
  failure('QUERY_INVALID'),
  failure('QUERY_TOO_LONG'),
  failure('UNKNOWN'),
  failure('UNAVAILABLE'),
];

/** Failures of every method of a route with a repository. */
export const REPOSITORY_FAILURES: readonly FailureDescriptor[] = [failure('NAME_INVALID'), ...FAILURES_EVERYWHERE];

const ALLOW = optional('Allow', '<method>[, …]', 'The methods that are available here.');

/** Failures of every method that changes a repository. */
export const WRITE_FAILURES: readonly FailureDescriptor[] = [
  failure('UNSUPPORTED', 'The registry is read-only or a pull-through cache.', [ALLOW]),
  ...REPOSITORY_FAILURES,
];

/** Failures of every method that deletes content. */
export const DELETE_FAILURES: readonly FailureDescriptor[] = [
  failure('UNSUPPORTED', 'Deletion is disabled, or the registry is read-only or a pull-through cache.', [ALLOW]),
  ...REPOSITORY_FAILURES,
];
