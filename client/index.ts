export type { CredentialRequest, CredentialSource, Credentials } from './credentials/credential-source.ts';
export { CredentialsError } from './credentials/credentials-error.ts';
export type { RemoteRegistryOptions, RetryOptions, TimeOuts, TlsOptions } from './remote/remote-registry-options.ts';
export type { RemoteUploadState, ResumedRemoteUpload } from './remote/remote-upload-state.ts';
