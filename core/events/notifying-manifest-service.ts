import type { Reference, RepositoryName, Tag } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';
import { ForwardingManifestService } from '../registry/forwarding/forwarding-manifest-service.ts';
import {
  type GetOptions,
  type ManifestService,
  type NewManifest,
  type PutManifest,
  type StoredManifest,
  tagsOfPush,
} from '../registry/manifest-service.ts';
import type { EmitEvent } from './registry-events.ts';

/** Reports manifests that are pulled, pushed and deleted; a push of several tags is reported once per tag. */
export class NotifyingManifestService extends ForwardingManifestService {
  readonly #emit: EmitEvent;

  constructor(inner: ManifestService, emit: EmitEvent) {
    super(inner);
    this.#emit = emit;
  }

  override async get(
    name: RepositoryName,
    reference: Reference,
    options?: GetOptions,
    context?: CallContext,
  ): Promise<StoredManifest> {
    const manifest = await super.get(name, reference, options, context);
    const { digest, mediaType, bytes } = manifest;
    const tag = tagOf(reference);
    const size = bytes.byteLength;
    this.#emit(name, { action: 'pull', target: 'manifest', tag, digest, mediaType, size }, context);
    return manifest;
  }

  override async put(
    name: RepositoryName,
    reference: Reference,
    manifest: NewManifest,
    context?: CallContext,
  ): Promise<PutManifest> {
    const put = await super.put(name, reference, manifest, context);
    const { digest, mediaType } = put;
    const size = manifest.bytes.byteLength;
    const tags = tagsOfPush(reference, manifest);
    for (const tag of tags.length > 0 ? tags : [undefined]) {
      this.#emit(name, { action: 'push', target: 'manifest', tag, digest, mediaType, size }, context);
    }
    return put;
  }

  override async delete(name: RepositoryName, reference: Reference, context?: CallContext): Promise<void> {
    await super.delete(name, reference, context);
    const digest = reference.kind === 'digest' ? reference.digest : undefined;
    this.#emit(name, { action: 'delete', target: 'manifest', digest, tag: tagOf(reference) }, context);
  }
}

function tagOf(reference: Reference): Tag | undefined {
  return reference.kind === 'tag' ? reference.tag : undefined;
}
