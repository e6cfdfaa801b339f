import { isJsonObject } from '../../core/model/descriptor.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { TransferError } from '../http/transfer-error.ts';

const NOTHING_SAID = new Set(['', 'application/json', 'text/plain', 'application/octet-stream']);

/** What a registry says of a manifest, in addition to its bytes. */
export interface ManifestClaims {
  /** The header `Content-Type`, without parameters. */
  readonly said: string | undefined;
  /** Whether a digest names the bytes, so that nothing but the registry can have sent them. */
  readonly isNamed: boolean;
}

/**
 * The media type of a manifest: what the registry says, or else what the manifest says of itself.
 * @throws TransferError `malformed` when the two differ, because clients would disagree about what it is, and when what came is
 * no manifest, such as a page of a proxy
 */
export function manifestTypeOf(answer: HttpAnswer, bytes: Buffer, { said, isNamed }: ManifestClaims): string {
  const body = parsed(bytes);
  const isTyped = said !== undefined && /[+]\w*(?:json|jws)$/.test(said);
  if (body === undefined && !isNamed && !isTyped) throw answer.notJson(bytes.toString());
  const own = isJsonObject(body) && typeof body['mediaType'] === 'string' ? body['mediaType'] : undefined;
  if (said === undefined || NOTHING_SAID.has(said)) return own ?? said ?? '';
  if (own === undefined || own === said) return said;
  throw new TransferError('malformed', answer.request, `the registry says ${said}, and the manifest ${own}`);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
