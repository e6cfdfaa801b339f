import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forwardedOrigin } from '../../../core/api/forwarded.ts';
import { urlBuilderFor } from '../../../core/api/request-urls.ts';
import { matchRoute } from '../../../core/api/route-pattern.ts';
import { nextPageUrl, type UrlBuilder } from '../../../core/api/url-builder.ts';
import { parsePathPrefix } from '../../../core/api/url-root.ts';
import { holds } from './property.ts';
import { anyText, nearly, textOf } from './texts.ts';
import { digest, repositoryName, tag, uploadId } from './vocabulary.ts';

const RUNS = 3000;
const hostText = fc
  .tuple(
    fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.constant('localhost'),
    ),
    fc.option(fc.nat({ max: 65_535 }), { nil: undefined }),
  )
  .map(([host, port]) => (port === undefined ? host : `${host}:${port}`));
const header = fc.option(nearly(hostText), { nil: undefined });
const facts = fc.record({
  host: header,
  encrypted: fc.boolean(),
  path: nearly(fc.constantFrom('/v2/', '/a/v2/x', '/v2/v2/', '/a/b/v2/_catalog', '//evil/v2/')),
  forwarded: fc.option(nearly(hostText.map((host) => `for=1;host="${host}";proto=https`)), { nil: undefined }),
  forwardedProto: fc.option(nearly(fc.constantFrom('http', 'https', 'HTTPS, http')), { nil: undefined }),
  forwardedHost: header,
});
const settings = fc.record({
  host: fc.option(fc.constantFrom(new URL('https://registry.example:8443/ignored')), { nil: undefined }),
  prefix: fc.constantFrom('', '/team', '/team/registry').map(parsePathPrefix),
  relative: fc.boolean(),
});

/** Each URL of the builder, and the required end of its path. */
const use = fc
  .record({ name: repositoryName, tag, digest, uuid: uploadId, query: fc.record({ n: fc.nat(), last: anyText }) })
  .map((parts) => (urls: UrlBuilder): [url: string, path: string][] => [
    [urls.base(), '/v2/'],
    [urls.catalog(), '/v2/_catalog'],
    [urls.tags(parts.name), `/v2/${parts.name}/tags/list`],
    [urls.manifest(parts.name, { kind: 'tag', tag: parts.tag }), `/v2/${parts.name}/manifests/${parts.tag}`],
    [urls.blob(parts.name, parts.digest), `/v2/${parts.name}/blobs/${parts.digest}`],
    [urls.upload(parts.name), `/v2/${parts.name}/blobs/uploads/`],
    [urls.uploadChunk(parts.name, parts.uuid), `/v2/${parts.name}/blobs/uploads/${parts.uuid}`],
  ]);

holds('whatever its headers say, the URLs of a request consist of URL characters and lead to the API', RUNS, () =>
  fc.property(facts, settings, use, (request, configured, each) => {
    for (const [url, path] of each(urlBuilderFor(request, configured))) {
      assert.match(url, /^(?:https?:\/\/[A-Za-z0-9._:[\]-]+)?(?:\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*\/?$/);
      const { pathname, search, hash, username } = new URL(url, 'http://base');
      assert.deepEqual([search, hash, username], ['', '', '']);
      assert.ok(pathname.endsWith(path), url);
      // A browser or a client must neither take the path for a host nor resolve it to another path.
      assert.ok(!pathname.startsWith('//'));
      assert.ok(url.endsWith(pathname));
    }
  }),
);

holds('the host of a URL is the configured one, or one that the request names', RUNS, () =>
  fc.property(facts, settings, (request, configured) => {
    const url = urlBuilderFor(request, configured).base();
    const host = /^https?:\/\/([^/]*)/.exec(url)?.[1];
    if (configured.host !== undefined) assert.equal(host, configured.host.host);
    else if (configured.relative) assert.equal(host, undefined);
    else if (host !== undefined) {
      const said = [request.host, request.forwardedHost, request.forwarded].join(' ').replaceAll('\\', '');
      assert.ok(said.includes(host), `${host} of ${said}`);
    }
    if (configured.prefix !== '') assert.ok(url.endsWith(`${configured.prefix}/v2/`));
  }),
);

const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;

holds('the first element of Forwarded decides scheme and host', RUNS, () =>
  fc.property(
    hostText,
    fc.constantFrom('http', 'https', 'HTTPS'),
    fc.array(hostText, { maxLength: 2 }),
    fc.constantFrom(';', ' ; '),
    fc.constantFrom('host', 'Host'),
    (host, proto, others, semicolon, key) => {
      const first = [`for=192.0.2.1`, `${key}=${quoted(host)}`, `proto=${proto}`].join(semicolon);
      const forwarded = [first, ...others.map((other) => `host=${quoted(other)}`)].join(', ');
      assert.deepEqual(forwardedOrigin({ forwarded }), { scheme: proto.toLowerCase(), host });
      const headers = { forwardedProto: [proto, 'ftp'].join(','), forwardedHost: [host, ...others].join(', ') };
      assert.deepEqual(forwardedOrigin(headers), { scheme: proto.toLowerCase(), host });
    },
  ),
);

holds('the link to the next page carries any last entry through a URL parser', RUNS, () =>
  fc.property(facts, settings, anyText, fc.nat(), (request, configured, last, n) => {
    fc.pre(last.isWellFormed());
    const url = nextPageUrl(urlBuilderFor(request, configured).catalog(), { n, last });
    assert.match(url, /^\/[!-;=?-~]*$/);
    const { searchParams, host } = new URL(url, 'http://base');
    assert.deepEqual([host, searchParams.get('last'), searchParams.get('n')], ['base', last, String(n)]);
  }),
);

/** The result of the table of routes, by parsing the path from its right end. */
function routeByHand(path: string): { name: string; parameters: Record<string, string> } | undefined {
  const segments = decoded(path).split('/');
  if (segments[0] !== '' || segments[1] !== 'v2') return undefined;
  if (segments.some((segment) => ['.', '..'].includes(segment.replace(/%2e/gi, '.')))) return undefined;
  const rest = segments.slice(2);
  if (rest.join('/') === '') return rest.length <= 1 ? { name: 'base', parameters: {} } : undefined;
  if (rest.length === 1 && rest[0] === '_catalog') return { name: 'catalog', parameters: {} };
  return inRepository(rest);
}

function inRepository(rest: readonly string[]): ReturnType<typeof routeByHand> {
  const found = (name: string, length: number, more: Record<string, string> = {}) => {
    const repository = rest.slice(0, -length).join('/');
    // A name with a line break matches nothing.
    if (repository === '' || /[\n\r\u2028\u2029]/.test(repository)) return undefined;
    return { name, parameters: { name: repository, ...more } };
  };
  const [third, second, last = ''] = [rest.at(-3), rest.at(-2), rest.at(-1)];
  if (second === 'tags' && last === 'list') return found('tags', 2);
  if (second === 'blobs' && last === 'uploads') return found('blob-upload', 2);
  if (third === 'blobs' && second === 'uploads') {
    return last === '' ? found('blob-upload', 3) : found('blob-upload-chunk', 3, { uuid: last });
  }
  if (last === '') return undefined;
  if (second === 'manifests') return found('manifest', 2, { reference: last });
  if (second === 'blobs') return found('blob', 2, { digest: last });
  return undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const segment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('v2', 'a', 'tags', 'list', 'manifests', 'blobs', 'uploads', '_catalog') },
  { weight: 3, arbitrary: fc.constantFrom('', '.', '..', '%2e', '%2E.', '%2F', '%', '%41', '%ff', 'sha256:0') },
  { weight: 1, arbitrary: textOf('a%\n🐳', { max: 3 }) },
);
const apiPath = fc.array(segment, { maxLength: 7 }).map((segments) => ['', 'v2', ...segments].join('/'));

holds('a path belongs to the route that a manual parse finds', 8000, () =>
  fc.property(nearly(apiPath), (path) => {
    const match = matchRoute(path);
    const found = match && { name: match.route.name, parameters: { ...match.parameters } };
    assert.deepEqual(found, routeByHand(path));
  }),
);
