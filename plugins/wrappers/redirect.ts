import { posix } from 'node:path';
import { z } from 'zod';
import {
  ForwardingDriver,
  type RedirectOptions,
  type StorageDriver,
  type StoragePath,
} from '../../core/driver/index.ts';
import { defineWrapper } from './define-wrapper.ts';

const RedirectWrapperOptions = z.strictObject({
  baseurl: z
    .string('must be a URL such as https://cdn.example.com/registry')
    .refine(isBaseUrl, 'must be a URL with scheme and host, such as https://cdn.example.com/registry')
    .transform((text) => new URL(text))
    .meta({
      public: true,
      value: 'URL',
      description:
        'A scheme (`http` or `https`), a host and optionally a path; a user or query in it is ignored, with a warning.',
    }),
});

/**
 * Sends clients to `baseurl` followed by the storage path for the bytes of every blob, GET and HEAD alike, whether or
 * not the file exists, and without asking the wrapped driver. Like `redirect` of distribution.
 */
class RedirectDriver extends ForwardingDriver {
  readonly #base: URL;

  constructor(inner: StorageDriver, base: URL) {
    super(inner, { redirect: true });
    this.#base = base;
  }

  protected override async urlFor(path: StoragePath, { signal }: RedirectOptions): Promise<URL> {
    signal?.throwIfAborted();
    const { protocol, host, pathname } = this.#base;
    return new URL(`${protocol}//${host}${posix.join(pathname, path)}`);
  }
}

/** `middleware: {storage: [{name: redirect, options: {baseurl}}]}`. */
export default defineWrapper({
  name: 'redirect',
  options: RedirectWrapperOptions,
  wrap:
    ({ baseurl }, { warn }) =>
    (driver) => {
      if (baseurl.search + baseurl.hash + baseurl.username + baseurl.password !== '') {
        warn('redirect: only the scheme, host and path of baseurl are used; the rest is ignored');
      }
      return new RedirectDriver(driver, baseurl);
    },
});

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && host !== '';
}
