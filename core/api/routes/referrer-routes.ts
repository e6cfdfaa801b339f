import type { RouteDescriptor } from '../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, optional, PAGE_QUERY, REPOSITORY_FAILURES, required } from './common.ts';

export const referrersRoute = {
  name: 'referrers',
  path: '/v2/<name>/referrers/<digest>',
  entity: 'Referrers',
  description: 'The manifests that are about another one (its signatures, its bill of materials), by its digest.',
  repository: true,
  methods: getAndHead({
    description:
      'Lists descriptors of the manifests whose subject has this digest, in byte order of their digests. Neither the ' +
      'subject nor the repository need exist; the list is then empty.',
    access: 'pull',
    request: {
      headers: [],
      query: [
        optional('artifactType', '<media type>', 'Only referrers of this type; repeated: of one of these types.'),
        ...PAGE_QUERY,
      ],
    },
    successes: [
      {
        status: 200,
        description: 'A page of referrers; with a filter it may be empty and still have a next one.',
        headers: [
          required('Content-Length', '<bytes>', 'Length of the JSON text.'),
          optional('OCI-Filters-Applied', 'artifactType', 'The query was filtered by.'),
          NEXT_PAGE,
        ],
        body: {
          contentType: 'application/vnd.oci.image.index.v1+json',
          description: 'An index with a descriptor for each referrer, with its artifact type and its annotations.',
        },
      },
    ],
    failures: [
      failure('DIGEST_INVALID', 'The digest is malformed or by an unsupported algorithm.'),
      failure('PAGINATION_NUMBER_INVALID'),
      ...REPOSITORY_FAILURES,
    ],
  }),
} as const satisfies RouteDescriptor;
