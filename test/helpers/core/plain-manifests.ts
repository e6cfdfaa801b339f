import { ForwardingManifestService } from '../../../core/registry/forwarding/forwarding-manifest-service.ts';
import type { PutManifest } from '../../../core/registry/manifest-service.ts';
import type { Registry } from '../../../core/registry/registry.ts';

/** The manifests of a registry that ignores subjects. */
export class PlainManifests extends ForwardingManifestService {
  override async put(...args: Parameters<Registry['manifests']['put']>): Promise<PutManifest> {
    return { ...(await super.put(...args)), subject: undefined };
  }
}
