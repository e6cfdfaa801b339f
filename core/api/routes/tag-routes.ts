import type { RouteDescriptor } from '../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, PAGE_QUERY, REPOSITORY_FAILURES, required } from './common.ts';

export const tagsRoute = {
  name: 'tags',
  path: '/v2/<name>/tags/list',
  entity: 'Tags',
  description: 'The tags of a repository.',
  repository: true,
  methods: getAndHead({
    description: 'Lists the tags in byte order, in pages if the client or the configuration limits their size.',
    access: 'pull',
    request: { headers: [], query: PAGE_QUERY },
    successes: [
      {
        status: 200,
        description: 'A page of tags; the list may be empty and is never null.',
        headers: [required('Content-Length', '<bytes>', 'Length of the JSON text.'), NEXT_PAGE],
        body: { contentType: 'application/json', description: '`{"name": <name>, "tags": [<tag>, …]}`' },
      },
    ],
    failures: [failure('PAGINATION_NUMBER_INVALID'), failure('NAME_UNKNOWN'), ...REPOSITORY_FAILURES],
  }),
} as const satisfies RouteDescriptor;
