import { parseDigest } from '../../../core/digest/digest.ts';
import { type DriverCall, guardDriver, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { parseReference, parseRepositoryName } from '../../../core/model/reference.ts';
import { LocalManifestService } from '../../../core/registry/local/manifest-service.ts';
import { ReferrerRebuilder } from '../../../core/registry/local/referrer-rebuilder.ts';
import { LocalReferrerService } from '../../../core/registry/local/referrer-service.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { ReferrerStore } from '../../../core/storage/referrer-store.ts';
import { coreContainer } from '../../../server/composition/core-container.ts';
import { type Artifact, artifact, descriptorOf } from '../content/artifacts.ts';
import { looksForCollections } from '../drivers/driver-wrapper.ts';

/** The repository. */
export const name = parseRepositoryName('app');
export const subjectDescriptor = descriptorOf(artifact());
/** The subject of the referrers. */
export const subject = parseDigest(subjectDescriptor.digest);
/** A page of everything. */
export const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined, artifactTypes: [] };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A driver that records its calls. */
export function watched(driver: StorageDriver): { driver: StorageDriver; calls: string[] } {
  const calls: string[] = [];
  const proxy = new Proxy(driver, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        if (!looksForCollections({ call: key as DriverCall, path: String(given[0]) as StoragePath }))
          calls.push([String(key), ...given.filter((one) => typeof one === 'string')].join(' '));
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
  return { driver: proxy, calls };
}

/** A separate process on `driver`. */
export function compose(driver: StorageDriver) {
  const validation = {
    enabled: false,
    urls: { allow: [], deny: [] },
    indexes: { platforms: 'all', platformList: [] },
  } as const;
  const container = coreContainer({ driver: guardDriver(driver), log, validation });
  const manifests = container.get(LocalManifestService);
  return {
    manifests,
    referrers: container.get(LocalReferrerService),
    rebuilder: container.get(ReferrerRebuilder),
    store: container.get(ReferrerStore),
    paths: container.get(PathMapper),
    push: (one: Artifact, tag?: string) =>
      manifests.put(name, parseReference(tag ?? one.digest), { bytes: Buffer.from(one.body), contentType: one.type }),
  };
}

/** Referrers of the subject, in byte order of their digests. */
export function referrers(count: number): Artifact[] {
  return Array.from({ length: count }, (_, index) =>
    artifact({ subject: subjectDescriptor, annotations: { index: String(index) } }),
  ).sort((a, b) => (a.digest < b.digest ? -1 : 1));
}
