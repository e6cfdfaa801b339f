import type { KeyObject } from 'node:crypto';
import { TypedContainer } from '@inversifyjs/strongly-typed';
import type { Container } from 'inversify';
import {
  BindingModule,
  type Bindings,
  BROADCAST,
  DESCRIPTOR_CACHE,
  LOCKS,
  LOGGER,
  REGISTRY,
  STORAGE_DRIVER,
  TAG_HISTORY,
  TRASH,
  VALIDATION,
} from '../../core/di.ts';
import type { StorageDriver } from '../../core/driver/index.ts';
import type { ManifestValidation } from '../../core/manifests/manifest-validation.ts';
import type { DescriptorCache } from '../../core/ports/descriptor-cache.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { LocalCatalogService } from '../../core/registry/local/catalog-service.ts';
import { LocalLayerService } from '../../core/registry/local/layer-service.ts';
import { LocalManifestService } from '../../core/registry/local/manifest-service.ts';
import { LocalReferrerService } from '../../core/registry/local/referrer-service.ts';
import { Schema1Converter } from '../../core/registry/local/schema-1-converter.ts';
import { Schema1ManifestService } from '../../core/registry/local/schema-1-manifest-service.ts';
import { LocalTagService } from '../../core/registry/local/tag-service.ts';
import type { ManifestService } from '../../core/registry/manifest-service.ts';
import { BlobStore } from '../../core/storage/blob-store.ts';
import { SignatureStore } from '../../core/storage/signature-store.ts';
import { TagStore } from '../../core/storage/tag-store.ts';
import type { MoveRecorder } from '../../core/tag-history/tag-move.ts';
import type { KeptDeletions } from '../../core/trash/kept-deletions.ts';
import { type Coordination, singleProcess } from '../../plugins/coordination/coordination.ts';

/** What core is made of in addition to its own classes. */
export interface CoreDependencies {
  /** Behind the guard. */
  readonly driver: StorageDriver;
  readonly log: Logger;
  readonly validation: ManifestValidation;
  /** With it, manifests of schema 1 are taken, and given to old clients. */
  readonly schema1?: { readonly signingKey: KeyObject } | undefined;
  /** Without it the storage is asked each time. */
  readonly descriptors?: DescriptorCache | undefined;
  /** Keeps what is deleted; without it nothing is kept. */
  readonly keepDeletions?: KeepDeletions | undefined;
  /** Records the moves of tags; without it nothing is recorded. */
  readonly keepTagHistory?: KeepTagHistory | undefined;
  /** How processes agree; without it this one is alone. */
  readonly coordination?: Coordination | undefined;
}

/** Creates the trash of a container. */
export type KeepDeletions = (core: Pick<CoreContainer, 'get'>) => KeptDeletions;

/** Creates the history of tags of a container. */
export interface KeepTagHistory {
  readonly create: (core: Pick<CoreContainer, 'get'>) => MoveRecorder;
  /** Serves manifests as of a time. */
  readonly serve: (manifests: ManifestService, core: Pick<CoreContainer, 'get'>) => ManifestService;
}

/** Resolves tokens, and classes of core by themselves. */
export type CoreContainer = TypedContainer<Bindings> & Pick<Container, 'get'>;

/**
 * A container of core for one process. It binds what the tokens stand for, {@link REGISTRY} to the registry of this
 * storage; stores, caches and services are made when they are first asked for, one of each.
 */
export function coreContainer(dependencies: CoreDependencies): CoreContainer {
  const container = new TypedContainer<Bindings>({ autobind: true, defaultScope: 'Singleton' });
  container.load(coreModule(dependencies));
  const core: CoreContainer = container;
  if (dependencies.keepDeletions !== undefined) core.get(LocalManifestService).recordDeletes(core.get(TRASH));
  if (dependencies.keepTagHistory !== undefined) core.get(TagStore).recordMoves(core.get(TAG_HISTORY));
  return core;
}

function coreModule({
  driver,
  log,
  validation,
  schema1,
  descriptors,
  keepDeletions,
  keepTagHistory,
  coordination = singleProcess(),
}: CoreDependencies): BindingModule {
  return new BindingModule(({ bind }) => {
    bind(STORAGE_DRIVER).toConstantValue(driver);
    bind(LOGGER).toConstantValue(log);
    bind(VALIDATION).toConstantValue(validation);
    bind(LOCKS).toConstantValue(coordination.locks);
    bind(BROADCAST).toConstantValue(coordination.broadcast);
    if (descriptors !== undefined) bind(DESCRIPTOR_CACHE).toConstantValue(descriptors);
    if (keepDeletions !== undefined) bind(TRASH).toDynamicValue(keepDeletions).inSingletonScope();
    if (keepTagHistory !== undefined) bind(TAG_HISTORY).toDynamicValue(keepTagHistory.create).inSingletonScope();
    bind(REGISTRY).toDynamicValue((context) => ({
      layers: context.get(LocalLayerService),
      manifests: manifestsOf(context, { schema1, keepTagHistory }),
      tags: context.get(LocalTagService),
      referrers: context.get(LocalReferrerService),
      catalog: context.get(LocalCatalogService),
    }));
  });
}

function manifestsOf(
  context: Pick<CoreContainer, 'get'>,
  { schema1, keepTagHistory }: Pick<CoreDependencies, 'schema1' | 'keepTagHistory'>,
): ManifestService {
  const manifests =
    schema1 === undefined ? context.get(LocalManifestService) : withSchema1(context, schema1.signingKey);
  return keepTagHistory?.serve(manifests, context) ?? manifests;
}

function withSchema1(context: Pick<CoreContainer, 'get'>, signingKey: KeyObject): ManifestService {
  const dependencies = {
    inner: context.get(LocalManifestService),
    signatures: context.get(SignatureStore),
    blobs: context.get(BlobStore),
    converter: context.get(Schema1Converter),
  };
  return new Schema1ManifestService(dependencies, { signingKey, checksLayers: context.get(VALIDATION).enabled });
}
