import { z } from 'zod';
import {
  ForwardingDriver,
  type RedirectOptions,
  type StorageDriver,
  type StoragePath,
} from '../../core/driver/index.ts';
import { defineWrapper } from './define-wrapper.ts';

const RewriteOptions = z.strictObject({
  scheme: z
    .enum(['http', 'https'], 'must be http or https')
    .optional()
    .meta({ public: true, value: '`http` or `https`', default: 'unchanged', description: 'The scheme of the URL.' }),
  host: z
    .string('must be a host such as cdn.example.com or cdn.example.com:8443')
    .refine(isHost, 'must be a host such as cdn.example.com or cdn.example.com:8443, without a scheme or a path')
    .optional()
    .meta({
      public: true,
      value: 'host',
      default: 'unchanged',
      description: 'The host, optionally with a port; it replaces both.',
    }),
  trimpathprefix: z.string('must be the beginning of a path, such as /bucket').optional().meta({
    public: true,
    value: 'path',
    description: 'Removed from the start of the path if the path begins with it.',
  }),
});

/** The changes to a URL. */
type Rewriting = z.infer<typeof RewriteOptions>;

/**
 * Changes the URLs of the wrapped driver; the rest of each URL, such as a query with a signature, is unchanged. Like
 * `rewrite` of distribution.
 */
class RewriteDriver extends ForwardingDriver {
  readonly #rewriting: Rewriting;

  constructor(inner: StorageDriver, rewriting: Rewriting) {
    super(inner);
    this.#rewriting = rewriting;
  }

  protected override async urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    const url = await this.inner.redirectUrl?.(path, options);
    return url && rewritten(url, this.#rewriting);
  }
}

/** `middleware: {storage: [{name: rewrite, options: {scheme, host, trimpathprefix}}]}`. */
export default defineWrapper({
  name: 'rewrite',
  options: RewriteOptions,
  wrap:
    (options, { warn }) =>
    (driver) => {
      if (!driver.capabilities.redirect) {
        warn(`rewrite: the driver "${driver.name}" returns no URLs, so there is nothing to rewrite`);
      }
      return new RewriteDriver(driver, options);
    },
});

function rewritten(url: URL, { scheme, host = url.host, trimpathprefix = '' }: Rewriting): URL {
  const path = url.pathname.startsWith(trimpathprefix) ? url.pathname.slice(trimpathprefix.length) : url.pathname;
  const protocol = scheme === undefined ? url.protocol : `${scheme}:`;
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return new URL(`${protocol}//${host}${rooted}${url.search}${url.hash}`);
}

function isHost(text: string): boolean {
  const url = `https://${text}/`;
  return !/[/?#@\s]/.test(text) && URL.canParse(url) && new URL(url).host !== '';
}
