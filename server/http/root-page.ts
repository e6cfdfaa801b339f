import { createHash } from 'node:crypto';
import type { Middleware } from 'koa';
import { accepts } from './accept.ts';
import type { Context, RequestState } from './request-scope.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
pre { font: 0.9rem/1.6 ui-monospace, monospace; padding: 0.75rem 1rem; overflow-x: auto; border: 1px solid #8884; border-radius: 6px; }
h1 { font-size: 1.5rem; } h2 { font-size: 1rem; margin: 1.5rem 0 0.5rem; } footer { margin-top: 2rem; opacity: 0.7; }
`;

/** Nothing but the style above: no script, no other host, no frame, no form. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What the page shows. */
export interface RootPageOptions {
  /** The host by which the client has reached the registry; `undefined` when that cannot be told. */
  readonly hostOf: (ctx: Context) => string | undefined;
}

/**
 * Answers a browser that asks for `/` by a page which says what this is and how to use it. It asks for no authorization, uses
 * no storage, and names no version. All others go on.
 */
export function rootPage({ hostOf }: RootPageOptions): Middleware<RequestState> {
  return async (ctx, next) => {
    const accept = ctx.req.headers.accept ?? '';
    const isBrowser = /\btext\/html\b/i.test(accept) && accepts(accept, 'text/html');
    if (ctx.path !== '/' || !/^(?:GET|HEAD)$/.test(ctx.method) || !isBrowser) {
      await next();
      return;
    }
    ctx.status = 200;
    ctx.set('Content-Type', 'text/html; charset=utf-8');
    ctx.set('Content-Security-Policy', POLICY);
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.set('Cache-Control', 'no-cache');
    ctx.set('Vary', 'Accept');
    ctx.body = Buffer.from(pageFor(escapeHtml(hostOf(ctx) ?? '<registry>')));
  };
}

function pageFor(host: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Container registry ${host}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${host} is a container registry</h1>
<p>It stores container images and other OCI artifacts. It is used with a client such as docker or podman.</p>
<h2>Pull an image</h2>
<pre><code>docker pull ${host}/name:tag</code></pre>
<h2>Push an image</h2>
<pre><code>docker tag name:tag ${host}/name:tag
docker push ${host}/name:tag</code></pre>
<h2>If it asks for credentials</h2>
<pre><code>docker login ${host}</code></pre>
</main>
<footer>Served by Stowage. It is working: a registry whose health checks fail does not show this page.</footer>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (unit) => `&#${unit.charCodeAt(0)};`);
}
