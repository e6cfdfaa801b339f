import { isJsonObject } from '../../core/model/descriptor.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { TransferError } from '../http/transfer-error.ts';

const NOTHING_SAID = new Set(['', 'application/json', 'text/plain', 'application/octet-stream']);

/** What a registry states about a manifest, in addition to its bytes. */
export interface ManifestClaims {
  /** The header `Content-Type`, without parameters. */
  readonly said: string | undefined;
  /** Whether the bytes match a digest, so that only the registry can have sent them. */
  readonly isNamed: boolean;
}

/**
 * The media type of a manifest: as the registry states it, or otherwise as the manifest does.
 * @throws TransferError `malformed` when the two differ, because clients would disagree about its type, and when the
 * content is not a manifest, such as a page of a proxy
 */
export function manifestTypeOf(answer: HttpAnswer, bytes: Buffer, { said, isNamed }: ManifestClaims): string {
  const body = parsed(bytes);
  const isTyped = said !== undefined && /[+]\w*(?:json|jws)$/.test(said);
  if (body === undefined && !isNamed && !isTyped) throw answer.notJson(bytes.toString());
  const own = isJsonObject(body) && typeof body['mediaType'] === 'string' ? body['mediaType'] : undefined;
  if (said === undefined || NOTHING_SAID.has(said)) return own ?? said ?? '';
  if (own === undefined || own === said) return said;
  throw new TransferError('malformed', answer.request, `the registry says ${said}, but the manifest says ${own}`);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
