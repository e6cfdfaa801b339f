import type { RouteDescriptor } from '../route-descriptor.ts';
import { failure, getAndHead, NEXT_PAGE, optional, PAGE_QUERY, REPOSITORY_FAILURES, required } from './common.ts';

export const referrersRoute = {
  name: 'referrers',
  path: '/v2/<name>/referrers/<digest>',
  entity: 'Referrers',
  description: 'The manifests that refer to another one, such as its signatures and SBOMs, by the digest of that one.',
  repository: true,
  methods: getAndHead({
    description:
      'Lists descriptors of the manifests whose subject has this digest, in byte order of their own digests. Neither the ' +
      'subject nor the repository needs to exist; without them the list is empty.',
    access: 'pull',
    request: {
      headers: [],
      query: [
        optional('artifactType', '<media type>', 'Only referrers of this type; if repeated, of any of these types.'),
        ...PAGE_QUERY,
      ],
    },
    successes: [
      {
        status: 200,
        description: 'A page of referrers. A filtered page may be empty even if another page follows.',
        headers: [
          required('Content-Length', '<bytes>', 'Length of the JSON text.'),
          optional('OCI-Filters-Applied', 'artifactType', 'The list is filtered by this.'),
          NEXT_PAGE,
        ],
        body: {
          contentType: 'application/vnd.oci.image.index.v1+json',
          description: 'An index with one descriptor per referrer, including its artifact type and annotations.',
        },
      },
    ],
    failures: [
      failure('DIGEST_INVALID', 'The digest is malformed or uses an unsupported algorithm.'),
      failure('PAGINATION_NUMBER_INVALID'),
      ...REPOSITORY_FAILURES,
    ],
  }),
} as const satisfies RouteDescriptor;
