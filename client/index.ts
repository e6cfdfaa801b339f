export type { CredentialRequest, CredentialSource, Credentials } from './credentials/credential-source.ts';
export { CredentialsError } from './credentials/credentials-error.ts';
