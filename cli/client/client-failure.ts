import { CopyError, type CopyErrorCode } from '../../client/copy/copy-error.ts';
import { SourceError } from '../../client/copy/resuming-body.ts';
import { CredentialsError } from '../../client/credentials/credentials-error.ts';
import { detailText } from '../../client/http/detail-text.ts';
import { RemoteError } from '../../client/http/remote-error.ts';
import { TransferError, type TransferReason } from '../../client/http/transfer-error.ts';
import { InvalidReferenceError } from '../../client/references/invalid-reference-error.ts';
import { StoreError } from '../../client/stores/store-error.ts';
import { errorMessage } from '../../core/api/error-descriptors.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { ExitCode } from '../command.ts';
import { printable } from '../printable.ts';
import { REWRITE } from '../rewritten-index.ts';

/** What is known of a failure apart from its message. */
export interface FailureDetails {
  /** That of a RegistryError, a StoreError or a CopyError. */
  readonly code?: string;
  /** The HTTP status of the answer of a registry. */
  readonly status?: number;
  readonly requestId?: string;
  readonly detail?: unknown;
  /** What to do next. */
  readonly advice?: string;
}

/** A command that works on images has failed. The message says what happened and what to do next. */
export class ClientFailure extends Error {
  override readonly name = 'ClientFailure';
  readonly exitCode: number;
  /** What programs get in addition to the message. */
  readonly details: FailureDetails;

  constructor(
    message: string,
    exitCode: number,
    { details = {}, ...options }: ErrorOptions & { readonly details?: FailureDetails } = {},
  ) {
    super(printable(message), options);
    this.exitCode = exitCode;
    this.details = details;
  }
}

/**
 * Runs what a command does.
 * @throws ClientFailure for errors of registries, stores, credentials and references; anything else as it is
 */
export async function withClientErrors<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw isOfClient(error) ? toClientFailure(error) : error;
  }
}

/** What is said of an error, without what to do, and without what a server could do to a terminal with it. */
export function clientErrorMessage(error: unknown): string {
  const known = knownCause(error);
  const own = error instanceof Error ? error.message : String(error);
  // The message of a RegistryError that no server has written is for programs.
  const isForPrograms = known instanceof RegistryError && known.name === 'RegistryError';
  return printable(isForPrograms ? own.replace(known.message, () => describe(known)) : own);
}

function toClientFailure(error: unknown): ClientFailure {
  const known = knownCause(error);
  const advice = adviceOf(known);
  const message = clientErrorMessage(error);
  return new ClientFailure(advice === undefined ? message : `${message}; ${advice}`, exitCodeOf(known), {
    cause: error,
    details: detailsOf(known, advice),
  });
}

function detailsOf(error: unknown, advice: string | undefined): FailureDetails {
  const status = error instanceof RemoteError ? error.status : undefined;
  const requestId = error instanceof RemoteError ? error.requestId : undefined;
  const isCoded = RegistryError.is(error) || StoreError.is(error) || CopyError.is(error);
  return {
    ...(isCoded && { code: error.code }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(isCoded && 'detail' in error && error.detail !== undefined && { detail: error.detail }),
    ...(advice !== undefined && { advice }),
  };
}

function isOfClient(error: unknown): boolean {
  return error instanceof CopyError || knownCause(error) !== error || exitCodeOf(error) !== 1 || isKnown(error);
}

function isKnown(error: unknown): boolean {
  return RegistryError.is(error) || StoreError.is(error);
}

/** What these say is more than what they were caused by. */
const SAY_THE_CAUSE: ReadonlySet<CopyErrorCode> = new Set(['selection', 'sparse']);

/** The error at the bottom of a copy that says what has happened. */
function knownCause(error: unknown): unknown {
  const isWrapped = error instanceof SourceError || (error instanceof CopyError && !SAY_THE_CAUSE.has(error.code));
  return isWrapped && error.cause !== undefined ? knownCause(error.cause) : error;
}

function describe(error: RegistryError): string {
  const { name, reference, digest, tag, ...others } = error.detail ?? {};
  const about = [name, reference, tag, digest].filter((each) => typeof each === 'string').join(' ');
  const message = `${errorMessage(error)}${about === '' ? '' : `: ${about}`}`;
  const more = detailText(others, message);
  return `${message}${more === '' ? '' : `, ${more}`} (${error.code})`;
}

/** What options do, where the library can only say what is missing. */
const OPTIONS: Partial<Record<TransferReason, string>> = {
  untrusted: 'trust its authority with --ca-file or in certs.d, or name the host with --insecure',
  'no-tls': 'if it speaks no TLS, say --plain-http, or name the host with --insecure',
  'tls-only': 'leave out --plain-http',
  'client-certificate': 'give one with --cert-file and --key-file, or put it into certs.d',
};

function adviceOf(error: unknown): string | undefined {
  const options = error instanceof TransferError ? OPTIONS[error.reason] : undefined;
  if (options !== undefined) return options;
  if (StoreError.is(error)) return error.hint;
  if (CopyError.is(error, 'sparse')) return `copy all platforms, or choose ${REWRITE}`;
  if (error instanceof Error && 'advice' in error && typeof error.advice === 'string') return error.advice;
  return undefined;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InvalidReferenceError || error instanceof CredentialsError) return 2;
  if (StoreError.is(error, 'ambiguous') || CopyError.is(error, 'selection')) return 2;
  if (CopyError.is(error, 'platform') || CopyError.is(error, 'no-images') || StoreError.is(error, 'not-found'))
    return 4;
  if (!RegistryError.is(error)) return 1;
  if (error.code === 'UNAUTHORIZED' || error.code === 'DENIED') return 5;
  return /^(?:NAME|MANIFEST|BLOB)_UNKNOWN$/.test(error.code) ? 4 : 1;
}
