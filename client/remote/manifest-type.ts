import { isJsonObject } from '../../core/model/descriptor.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { TransferError } from '../http/transfer-error.ts';

const NOTHING_SAID = new Set(['', 'application/json', 'text/plain', 'application/octet-stream']);

/**
 * The media type of a manifest: what the registry says, or else what the manifest says of itself.
 * @throws TransferError `malformed` when the two differ: clients would disagree about what it is
 */
export function manifestTypeOf(answer: HttpAnswer, said: string | undefined, bytes: Buffer): string {
  const own = ownType(bytes);
  if (said === undefined || NOTHING_SAID.has(said)) return own ?? said ?? '';
  if (own === undefined || own === said) return said;
  throw new TransferError('malformed', answer.request, `the registry says ${said}, and the manifest ${own}`);
}

function ownType(bytes: Buffer): string | undefined {
  try {
    const body: unknown = JSON.parse(bytes.toString());
    const type = isJsonObject(body) ? body['mediaType'] : undefined;
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}
