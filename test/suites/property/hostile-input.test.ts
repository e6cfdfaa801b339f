import test from 'ava';
import fc from 'fast-check';
import { parseErrorBody } from '../../../core/api/error-body.ts';
import { forwardedOrigin } from '../../../core/api/forwarded.ts';
import { urlBuilderFor } from '../../../core/api/request-urls.ts';
import { compileRoutePattern, matchRoute } from '../../../core/api/route-pattern.ts';
import { isHost, isPathPrefix } from '../../../core/api/url-root.ts';
import { isDigest, parseDigest } from '../../../core/digest/digest.ts';
import { isStoragePath } from '../../../core/driver/index.ts';
import { parseManifest } from '../../../core/manifests/manifest.ts';
import { isMediaType, isNonDistributable, OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import {
  isRepositoryName,
  isTag,
  isUploadId,
  parseReference,
  parseRepositoryName,
} from '../../../core/model/reference.ts';
import { parseBasicCredentials } from '../../../plugins/auth/basic-credentials.ts';
import { parseHtpasswd } from '../../../plugins/auth/htpasswd/parse-htpasswd.ts';
import { ClaimPath } from '../../../plugins/auth/oidc/claim-path.ts';
import { OidcVerifier } from '../../../plugins/auth/oidc/oidc-verifier.ts';
import { UserTemplate } from '../../../plugins/auth/oidc/user-template.ts';
import { TextPattern } from '../../../plugins/patterns/text-pattern.ts';
import { HmacTokens } from '../../../plugins/tokens/hmac.ts';
import { parseUploadState } from '../../../plugins/tokens/upload-state-json.ts';
import { GoRegExp } from '../../../server/config/sections/validation.ts';
import { accepts } from '../../../server/http/accept.ts';
import { parseContentRange } from '../../../server/http/content-range.ts';
import { matchesIfNoneMatch, matchesIfRange } from '../../../server/http/entity-tag.ts';
import { parsePageRequest } from '../../../server/http/pagination.ts';
import { MAX_QUERY_LENGTH, Query } from '../../../server/http/query.ts';
import { parseRange } from '../../../server/http/range.ts';
import { runsAtLength } from '../../helpers/running/length.ts';
import { everyHostileText, type Fragments, hostileText } from './hostile-texts.ts';
import { fastestMs } from './processor-time.ts';
import { seed } from './seed.ts';

/**
 * The limit for the largest input, in processor time. Patterns that are not linear took seconds. `JSON.parse` alone takes
 * 1 to 6 ms to refuse 64 Ki brackets, by how warm it is and how busy the processor.
 */
const LIMIT_MS = 20;
const GENERATED = 60;

const HEX = 'a'.repeat(64);
const DIGEST = parseDigest(`sha256:${HEX}`);
const PATHS: Fragments = {
  heads: ['/v2/', '/v2/a/manifests/', '/v2/a/blobs/uploads/', '//', '/%2e'],
  units: ['/manifests', '/blobs/uploads', '/tags/list', '//', '/.', '%2e', '%2F', '/a', '%C3%A9', '%ff'],
  tails: ['/tags/list', '/manifests/x', '/blobs/uploads', '/..', '%zz'],
};
const NAMES: Fragments = { heads: ['a', 'a/'], units: ['a-', 'a_', '--', '__', 'a.', 'a/'], tails: ['a', '-', '/a'] };
const DIGESTS: Fragments = { heads: ['sha256:', 'sha512:'], units: ['a', ':', 'sha256:'], tails: [HEX, 'g'] };
const FORWARDED: Fragments = {
  heads: ['for=', 'for="', 'for=a;', 'proto'],
  units: ['a=b;', 'a="b";', 'a=b,', ' ; ', ' = ', '\\"', '";"', 'a=b ', 'for=a;for=b'],
  tails: ['proto=https', ';host=a', '"', '='],
};
const MEDIA_TYPES: Fragments = {
  heads: ['application/', 'application/vnd.oci.image.layer.nondistributable.v1.tar+', 'a/b;q'],
  units: ['a/b,', ';q=0', ';q=', '*/*,', '+a', 'a;', ' ;'],
  tails: [';q=1', ', */*', '/'],
};
const RANGES: Fragments = {
  heads: ['bytes=', 'bytes ', '0-', 'bytes=0-'],
  units: ['0-0,', '-1,', ' ,', '0', '1-2 ', '-'],
  tails: ['-', '/', '0-0', '/*'],
};
const TAGS: Fragments = {
  heads: ['W/', '"', 'sha256:'],
  units: ['W/', '"', '"a"', '"a",', 'a "'],
  tails: ['"', 'W/', '*'],
};
const CREDENTIALS: Fragments = {
  heads: ['Basic', 'Basic ', 'basic  ', 'Basic YTpi'],
  units: [' ', 'YTpi', '=', '= ', 'A ', '\t'],
  tails: ['=', ' ', ' !', '==', 'YTpi'],
};
const LINES: Fragments = {
  heads: ['ada:$2y$05$', '\uFEFF', '#'],
  units: ['\n', ':', 'a:\n', '#\n', '\r\n', '$2y$', ' \n', 'a:b\n'],
  tails: [':', '\r', 'a:$2y$05$'],
};
const JSON_TEXTS: Fragments = {
  heads: ['{"schemaVersion":2,"layers":[', '{"Name":"', '{"errors":[', '['],
  units: ['{},', '[', '{"a":', '"a",', '\\u0000', '1'],
  tails: [']}', '"}', ']', '}'],
};
const HOSTS: Fragments = {
  heads: ['[', 'a', 'xn--', '/a'],
  units: ['::', 'a.', '1.', ':0', '/a', '-', '/.'],
  tails: [']:5000', ':1', '/'],
};
const URLS: Fragments = { heads: ['https://', 'a'], units: ['a', 'aa/', 'ab'], tails: ['!', '/'] };

const QUERIES: Fragments = {
  heads: ['a=', 'artifactType=', '&', '%'],
  units: ['a&', 'a=b&', '&', '=', '+', ';+', '%2B', '%zz', '%ff', '__proto__&'],
  tails: ['&a', '=', '%'],
};

const TOKENS: Fragments = {
  heads: ['eyJ', 'eyJ.', 'eyJhbGciOiJub25lIn0.', 'eyJhbGciOiJub25lIn0.W1tb'],
  units: ['.', 'eyJ', 'A', 'eyJh.', 'W1tb', '_-', '=', ' '],
  tails: ['.', '.A', '.A.', '!', '..'],
};
const CLAIMS: Fragments = {
  heads: ['a', 'repo:', '${', '\\\\'],
  units: ['a.', '\\\\.', '.', '${a}', '${', '}', 'a/', 'refs/heads/'],
  tails: ['}', '\\\\', '.', '/main', '\\n'],
};
const oidc = new OidcVerifier([]);
const claimPattern = new TextPattern('**a*a*a*a*/**/?*b');

const facts = { host: 'registry', encrypted: false, path: '/v2/' };
const tokens = new HmacTokens({ keys: [Buffer.from('secret')] });
const goPattern = new GoRegExp('^https://(a+)+$|(a|aa)+b$|.*.*=.*');
const extension = compileRoutePattern('/v2/_ext/x/<name>/reports/<a>/<b>/<c>');

const PARSERS: readonly (readonly [what: string, fragments: Fragments, parse: (text: string) => unknown])[] = [
  ['the route of a path', PATHS, matchRoute],
  [
    'the route of an extension',
    { ...PATHS, units: ['/reports', '/a', '/'] },
    (text) => extension.exec(`/v2/_ext/x/${text}`),
  ],
  ['the prefix of a path', PATHS, (path) => urlBuilderFor({ ...facts, path }, { prefix: '', relative: false })],
  ['a repository', NAMES, parseRepositoryName],
  ['a repository to mount from', NAMES, isRepositoryName],
  ['a reference', DIGESTS, parseReference],
  ['a tag', NAMES, isTag],
  ['the id of an upload', NAMES, isUploadId],
  ['a digest', DIGESTS, isDigest],
  ['a path of the storage', PATHS, isStoragePath],
  ['the number of entries', RANGES, (n) => parsePageRequest({ first: () => n }, { byDefault: 1, maximum: 1 })],
  [
    'a query',
    QUERIES,
    (text) => {
      const query = new Query(text);
      return [query.first('n'), query.all('tag'), query.mediaTypes('artifactType')];
    },
  ],
  ['a query that is not too long', QUERIES, (text) => new Query(text.slice(0, MAX_QUERY_LENGTH)).mediaTypes('a')],
  ['Accept', MEDIA_TYPES, (text) => accepts(text, OCI_IMAGE_MANIFEST)],
  ['a media type', MEDIA_TYPES, (text) => [isMediaType(text), isNonDistributable(text)]],
  ['Forwarded', FORWARDED, (forwarded) => forwardedOrigin({ forwarded })],
  ['X-Forwarded-Host', HOSTS, (text) => forwardedOrigin({ forwardedHost: text, forwardedProto: text })],
  ['Host', HOSTS, (host) => urlBuilderFor({ ...facts, host }, { prefix: '', relative: false })],
  ['a host', HOSTS, (text) => [isHost(text), isPathPrefix(text)]],
  ['Range', RANGES, (text) => parseRange(text, 1000)],
  ['Content-Range', RANGES, (text) => parseContentRange(text, 1000)],
  ['If-None-Match', TAGS, (text) => matchesIfNoneMatch(text, DIGEST)],
  ['If-Range', TAGS, (text) => matchesIfRange(text, DIGEST)],
  ['Authorization', CREDENTIALS, parseBasicCredentials],
  [
    'a token of OpenID Connect',
    TOKENS,
    (text) => {
      const presented = { user: 'x', secret: Buffer.from(text) };
      if (oidc.recognises(presented)) void oidc.verify(presented).catch(() => undefined);
    },
  ],
  ['a path of claims', CLAIMS, (text) => ClaimPath.parse(text)],
  ['a template of users', CLAIMS, (text) => UserTemplate.parse(text)],
  ['a claim by a pattern of the operator', CLAIMS, (text) => claimPattern.matches(text)],
  ['a password file', LINES, parseHtpasswd],
  ['an upload token', CREDENTIALS, (text) => void tokens.read(text).catch(() => undefined)],
  ['the state of an upload', JSON_TEXTS, parseUploadState],
  ['a manifest', JSON_TEXTS, (text) => parseManifest(Buffer.from(text), OCI_IMAGE_MANIFEST)],
  ['an error body', JSON_TEXTS, parseErrorBody],
  ['a URL by a pattern of the operator', URLS, (text) => goPattern.test(text)],
];

for (const [what, fragments, parse] of PARSERS) {
  test(`${what} of 64 KiB is parsed or refused within ${LIMIT_MS} ms, whatever it holds`, async (t) => {
    const texts = [
      ...everyHostileText(fragments),
      ...fc.sample(hostileText(fragments), { seed, numRuns: runsAtLength(GENERATED) }),
    ];
    const slow: string[] = [];
    for (const text of texts) {
      const ms = await fastestMs(() => parse(text), LIMIT_MS);
      if (ms > LIMIT_MS) slow.push(`${ms} ms: ${text.slice(0, 40)}…${text.slice(-20)}`);
    }
    t.deepEqual(slow, [], `PROPERTY_SEED=${seed}`);
  });
}
