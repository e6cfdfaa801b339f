export { parseErrorBody, type WireError } from '../core/api/error-body.ts';
export { UrlBuilder, type UrlQuery } from '../core/api/url-builder.ts';
export { type Digest, digestOf, isDigest, parseDigest } from '../core/digest/digest.ts';
export { Digester, type DigesterOptions, DigestVerifier } from '../core/digest/digester.ts';
export type { ReadOptions, ReadStream, RedirectOptions } from '../core/driver/index.ts';
export { keyId } from '../core/manifests/schema-1/json-web-key.ts';
export { formatSchema1, parseSchema1, type Schema1Manifest } from '../core/manifests/schema-1/schema-1-manifest.ts';
export { type SignOptions, sign, signWithChain } from '../core/manifests/schema-1/sign.ts';
export type { Signature, SignatureDocument, TextEnd } from '../core/manifests/schema-1/signature.ts';
export { SignatureError, type SignatureProblem } from '../core/manifests/schema-1/signature-problem.ts';
export { SignedText } from '../core/manifests/schema-1/signed-text.ts';
export { generateSigningKey, readSigningKey } from '../core/manifests/schema-1/signing-key.ts';
export { TrustedRoots, type TrustedRootsOptions, type TrustSource } from '../core/manifests/schema-1/trust-source.ts';
export { verify, verifyChains } from '../core/manifests/schema-1/verify.ts';
export type { Descriptor, Platform } from '../core/model/descriptor.ts';
export {
  type ErrorDetail,
  type Refusal,
  RegistryError,
  type RegistryErrorCode,
  type RegistryErrorOptions,
  RegistryErrors,
} from '../core/model/errors.ts';
export {
  fallbackTag,
  formatReference,
  isRepositoryName,
  isTag,
  parseReference,
  parseRepositoryName,
  parseTag,
  parseUploadId,
  type Reference,
  type RepositoryName,
  type Tag,
  type UploadId,
} from '../core/model/reference.ts';
export { UploadRangeError, type UploadState } from '../core/model/upload-state.ts';
export type { Actor, CallContext } from '../core/registry/call-context.ts';
export type { CatalogService } from '../core/registry/catalog-service.ts';
export type { Layer } from '../core/registry/layer.ts';
export type {
  FinishedUpload,
  LayerService,
  ResumedUpload,
  StatedUpload,
  UploadOptions,
} from '../core/registry/layer-service.ts';
export type { Chunk, LayerUpload } from '../core/registry/layer-upload.ts';
export type {
  GetOptions,
  ManifestService,
  NewManifest,
  PutManifest,
  StoredManifest,
} from '../core/registry/manifest-service.ts';
export { nextAfter, type Page, type PageRequest } from '../core/registry/page.ts';
export type { ReferrerService, ReferrersPage, ReferrersRequest } from '../core/registry/referrer-service.ts';
export type { Registry } from '../core/registry/registry.ts';
export type { TagService } from '../core/registry/tag-service.ts';
export type { FileReader, Whence } from '../core/storage/file-reader.ts';
export type { Access } from './auth/scopes.ts';
export { copy } from './copy/copy.ts';
export { CopyError, type CopyErrorCode, type CopyErrorOptions } from './copy/copy-error.ts';
export type { BlobOutcome, CopyEvent, ManifestOutcome } from './copy/copy-event.ts';
export type { CopiedImage, CopyOptions, CopyResult } from './copy/copy-options.ts';
export type { CopyRun } from './copy/copy-run.ts';
export type { SelectedImage, Selection, TagRules, WantedPlatform } from './copy/selection.ts';
export { type CredentialFilesOptions, credentialFiles } from './credentials/credential-files.ts';
export type { CredentialRequest, CredentialSource, Credentials } from './credentials/credential-source.ts';
export { CredentialsError } from './credentials/credentials-error.ts';
export { FileCredentials } from './credentials/file-credentials.ts';
export { certificateFolders, hostCertificates } from './credentials/host-certificates.ts';
export type { Environment } from './environment.ts';
export type { RetryOptions, TimeOuts, TlsOptions } from './http/http-settings.ts';
export { type FailedAnswer, RemoteError } from './http/remote-error.ts';
export { type FailedRequest, TransferError, type TransferReason } from './http/transfer-error.ts';
export {
  type FileImage,
  formatImageReference,
  type ImageReference,
  parseImageReference,
  type RegistryImage,
  type StoreImage,
} from './references/image-reference.ts';
export { InvalidReferenceError } from './references/invalid-reference-error.ts';
export {
  parseHost,
  parseRegistryReference,
  parseRepositoryReference,
  type RegistryReference,
  type RepositoryReference,
} from './references/repository-reference.ts';
export type { RemoteCatalogService } from './remote/remote-catalog-service.ts';
export type { RemoteLayer } from './remote/remote-layer.ts';
export type { MountedOrUpload, MountOrUploadOptions, RemoteLayerService } from './remote/remote-layer-service.ts';
export type { RemoteLayerUpload } from './remote/remote-layer-upload.ts';
export type { RemoteManifestService } from './remote/remote-manifest-service.ts';
export type { RemoteReferrerService } from './remote/remote-referrer-service.ts';
export { RemoteRegistry } from './remote/remote-registry.ts';
export type { RemoteRegistryOptions } from './remote/remote-registry-options.ts';
export type { RemoteTagService } from './remote/remote-tag-service.ts';
export type { RemoteUploadState, ResumedRemoteUpload } from './remote/remote-upload-state.ts';
export { ArchiveSource } from './stores/archive/archive-source.ts';
export { ArchiveTarget, type ArchiveTargetOptions } from './stores/archive/archive-target.ts';
export type { ArchiveFormat } from './stores/archive/pack-archive.ts';
export { FolderUploadRecords } from './stores/folder-upload-records.ts';
export { LayoutStore } from './stores/layout/layout-store.ts';
export { MemoryStore } from './stores/memory-store.ts';
export type {
  ImageName,
  IncomingBlob,
  IncomingManifest,
  ObjectStore,
  ReadContext,
  WriteStep,
} from './stores/object-store.ts';
export { RegistryStore, type RegistryStoreDependencies, type RegistryStoreOptions } from './stores/registry-store.ts';
export { type RemovedManifest, removeManifest } from './stores/remove-manifest.ts';
export { StoreError, type StoreErrorCode, type StoreErrorDetail } from './stores/store-error.ts';
export {
  MemoryUploadRecords,
  type RecordedUpload,
  type UploadRecordKey,
  type UploadRecords,
} from './stores/upload-records.ts';
