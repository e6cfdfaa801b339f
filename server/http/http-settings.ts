import type { BlockList } from 'node:net';
import type { UrlSettings } from '../../core/api/request-urls.ts';
import { toBlockList } from '../../core/model/network.ts';
import type { Policy } from '../../plugins/authorization/policy.ts';
import { createPolicy } from '../../plugins/authorization/policy-settings.ts';
import { type Configuration, wrapsReadOnly } from '../config/index.ts';

/**
 * What the HTTP layer needs from the configuration. A reload changes the values while the registry runs, so requests read
 * them at the point of use.
 */
export interface HttpSettings {
  /** Rights per repository; absent: whoever gets past the access controller may do everything. */
  readonly policy?: Policy | undefined;
  /** `http.secret`, then `http.secrets`; none where each process makes its own. */
  readonly secrets: readonly string[];
  readonly urls: UrlSettings;
  /** Headers of every answer (`http.headers`). */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The largest manifest that is accepted, in bytes. */
  readonly maxManifestBytes: number;
  /** How long a client may send nothing, in milliseconds; 0 means no limit. */
  readonly idleMs: number;
  /** Largest page of the catalog. */
  readonly maxCatalogEntries: number;
  /** Largest page of tags. */
  readonly maxTags: number;
  /** Whether DELETE of blobs and manifests is allowed. */
  readonly deleteEnabled: boolean;
  /** Whether nothing can be removed, because it would come back from `storage.copyfrom`; constant. */
  readonly copiesFrom?: boolean;
  /** Whether the admin API is served. */
  readonly adminEnabled?: boolean;
  /** Whether everything that changes the registry is refused. */
  readonly readOnly: boolean;
  /** Whether a wrapper of the storage refuses all changes; does not change while the registry runs. */
  readonly storageReadOnly: boolean;
  /** Whether clients are redirected to the URLs that a driver offers. */
  readonly redirect: boolean;
  /** The proxies whose `X-Forwarded-For`, `X-Request-Id` and `traceparent` are trusted; absent: none. */
  readonly trustedProxies?: BlockList | undefined;
}

/** Extracts what the HTTP layer needs from the configuration. */
export function toHttpSettings({ admin, authorization, catalog, http, storage, tags }: Configuration): HttpSettings {
  return {
    policy: authorization && createPolicy(authorization),
    secrets: http.secrets,
    urls: {
      host: http.externalUrl === undefined ? undefined : new URL(http.externalUrl),
      prefix: http.prefix,
      relative: http.relativeUrls,
    },
    headers: http.headers,
    maxManifestBytes: http.maxManifestBytes,
    idleMs: http.timeouts.idleMs,
    maxCatalogEntries: catalog.maxEntries,
    maxTags: tags.maxTags,
    adminEnabled: admin.isEnabled ?? authorization !== undefined,
    deleteEnabled: storage.deleteEnabled,
    copiesFrom: storage.copyFrom !== undefined,
    readOnly: storage.readOnly,
    storageReadOnly: wrapsReadOnly({ storage }),
    redirect: storage.redirectEnabled,
    trustedProxies: http.trustedProxies.length > 0 ? toBlockList(http.trustedProxies) : undefined,
  };
}
