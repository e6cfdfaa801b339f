import type { RouteDescriptor } from '../route-descriptor.ts';
import { FAILURES_EVERYWHERE, failure, getAndHead, NEXT_PAGE, PAGE_QUERY, PLAIN_REQUEST, required } from './common.ts';

const JSON_LENGTH = required('Content-Length', '<bytes>', 'Length of the JSON text.');

export const baseRoute = {
  name: 'base',
  path: '/v2/',
  entity: 'API version check',
  description: 'Confirms that the API is available and that the credentials are valid.',
  repository: false,
  methods: getAndHead({
    description: 'Answers every admitted client.',
    access: 'none',
    request: PLAIN_REQUEST,
    successes: [
      {
        status: 200,
        description: 'The registry speaks this API.',
        headers: [JSON_LENGTH],
        body: { contentType: 'application/json', description: '`{}`' },
      },
    ],
    failures: FAILURES_EVERYWHERE,
  }),
} as const satisfies RouteDescriptor;

export const catalogRoute = {
  name: 'catalog',
  path: '/v2/_catalog',
  entity: 'Catalog',
  description: 'The repositories of the registry (Docker Registry HTTP API V2).',
  repository: false,
  methods: getAndHead({
    description: 'Lists the names of repositories in pages.',
    access: 'catalog',
    request: { headers: [], query: PAGE_QUERY },
    successes: [
      {
        status: 200,
        description: 'A page of names.',
        headers: [JSON_LENGTH, NEXT_PAGE],
        body: { contentType: 'application/json', description: '`{"repositories": [<name>, …]}`' },
      },
    ],
    failures: [failure('PAGINATION_NUMBER_INVALID'), ...FAILURES_EVERYWHERE],
  }),
} as const satisfies RouteDescriptor;
