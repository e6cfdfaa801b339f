import type { AuditRecord } from '../../core/ports/audit-record.ts';

const MAX_TEXT = 256;
const MAX_GROUPS = 20;
const MAX_GROUP = 64;
/** JSON escapes most of them already, but not all that a reader of lines may take for the end of one. */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const ALL_UNSAFE = new RegExp(UNSAFE, 'gu');

/**
 * A record as one line of JSON, at most 32 KiB. Texts are cut after 256 characters, and of many groups the first 20 remain.
 * Control characters are escaped, so no name can forge a line or confuse a terminal.
 */
export function auditLine({ at, ...record }: AuditRecord): string {
  const { instance, requestId, action, outcome, status } = record;
  const text = JSON.stringify({
    time: at.toISOString(),
    ...{ instance: cut(instance), requestId: cut(requestId), action, outcome, status },
    user: cut(record.user),
    groups: record.groups?.slice(0, MAX_GROUPS).map((group) => group.slice(0, MAX_GROUP)),
    address: record.address,
    certificate: cut(record.certificate),
    repository: record.repository,
    tag: record.tag,
    digest: cut(record.digest),
    replaced: cut(record.replaced),
    fromRepository: cut(record.fromRepository),
    force: record.force,
    upload: cut(record.upload),
    tokenId: cut(record.tokenId),
    rule: cut(record.rule),
    error: record.error,
    reason: cut(record.reason),
    request: cut(record.request),
  });
  return `${UNSAFE.test(text) ? text.replaceAll(ALL_UNSAFE, escaped) : text}\n`;
}

function cut(text: string | undefined): string | undefined {
  return text === undefined || text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}
