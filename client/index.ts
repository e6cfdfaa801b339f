export { copy } from './copy/copy.ts';
export { CopyError, type CopyErrorCode } from './copy/copy-error.ts';
export type { BlobOutcome, CopyEvent, ManifestOutcome } from './copy/copy-event.ts';
export type { CopiedImage, CopyOptions, CopyResult } from './copy/copy-options.ts';
export type { CopyRun } from './copy/copy-run.ts';
export type { SelectedImage, Selection, TagRules, WantedPlatform } from './copy/selection.ts';
export { type CredentialFilesOptions, credentialFiles, type Environment } from './credentials/credential-files.ts';
export type { CredentialRequest, CredentialSource, Credentials } from './credentials/credential-source.ts';
export { CredentialsError } from './credentials/credentials-error.ts';

export { FileCredentials } from './credentials/file-credentials.ts';
export type { RetryOptions, TimeOuts, TlsOptions } from './http/http-settings.ts';
export { RemoteError } from './http/remote-error.ts';
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
export { RemoteRegistry } from './remote/remote-registry.ts';
export type { RemoteRegistryOptions } from './remote/remote-registry-options.ts';

export type { RemoteUploadState, ResumedRemoteUpload } from './remote/remote-upload-state.ts';
export { ArchiveSource } from './stores/archive/archive-source.ts';
export { ArchiveTarget, type ArchiveTargetOptions } from './stores/archive/archive-target.ts';
export type { ArchiveFormat } from './stores/archive/pack-archive.ts';
export { FolderUploadRecords } from './stores/folder-upload-records.ts';
export { LayoutStore } from './stores/layout/layout-store.ts';
export { MemoryStore } from './stores/memory-store.ts';
export type { IncomingBlob, IncomingManifest, ObjectStore, ReadContext, WriteStep } from './stores/object-store.ts';
export { RegistryStore, type RegistryStoreDependencies, type RegistryStoreOptions } from './stores/registry-store.ts';
export { StoreError, type StoreErrorCode, type StoreErrorDetail } from './stores/store-error.ts';
export {
  MemoryUploadRecords,
  type RecordedUpload,
  type UploadRecordKey,
  type UploadRecords,
} from './stores/upload-records.ts';
