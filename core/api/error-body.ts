import { type RegistryError, RegistryErrors } from '../model/errors.ts';
import { ERROR_DESCRIPTORS, errorDescriptor, errorMessage, isKnownCode } from './error-descriptors.ts';

/** One entry of an error body (distribution-spec, "Error Codes"). */
export interface WireError {
  /** The code as the body has it, including codes that this registry never returns. */
  readonly code: string;
  /** Whether this registry can return that code. */
  readonly known: boolean;
  /** Text for people; empty when the body has no message. */
  readonly message: string;
  /** Any JSON; `undefined` when the body has no detail. */
  readonly detail: unknown;
}

const KNOWN_VALUES: ReadonlySet<string> = new Set(Object.values(ERROR_DESCRIPTORS).map(({ value }) => value));

/** The HTTP status of an answer that reports `error`: that of its first entry. */
export function statusOf(error: RegistryError): number {
  return errorDescriptor(error.code).status;
}

/**
 * The JSON text that reports `error`; a `RegistryErrors` becomes one entry per error.
 * @param requestId the id by which an operator finds the request in the log
 */
export function toErrorBody(error: RegistryError, requestId?: string): string {
  return formatErrorBody(single(error).map(toWireError), requestId);
}

/** The codes in the body that reports `error`, without duplicates. */
export function codesIn(error: RegistryError): ReadonlySet<string> {
  return new Set(single(error).map(({ code }) => errorDescriptor(code).value));
}

/** The JSON text of entries, for example those of another registry. */
export function formatErrorBody(errors: readonly WireError[], requestId?: string): string {
  const entries = errors.map(({ code, message, detail }) => ({ code, message, detail }));
  return JSON.stringify({ errors: entries, requestId });
}

/**
 * Reads the body of a failed answer. The body may be anything, such as a proxy's HTML or nothing at all; whatever is
 * not an error entry is skipped. An empty list means that only the status is known.
 */
export function parseErrorBody(text: string): WireError[] {
  const body = parseJson(text);
  if (!isRecord(body) || !Array.isArray(body['errors'])) return [];
  return body['errors'].flatMap((entry: unknown) => {
    if (!isRecord(entry) || typeof entry['code'] !== 'string') return [];
    const { code, message, detail } = entry;
    return [{ code, known: KNOWN_VALUES.has(code), message: typeof message === 'string' ? message : '', detail }];
  });
}

function single(error: RegistryError): readonly RegistryError[] {
  return error instanceof RegistryErrors ? error.errors.flatMap(single) : [error];
}

function toWireError(error: RegistryError): WireError {
  const { code, detail } = error;
  const { value } = errorDescriptor(code);
  // The shape of the detail is unknown for a code that only another version of this package has.
  return { code: value, known: true, message: errorMessage(error), detail: isKnownCode(code) ? detail : undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
