import { TarError, type TarHeader } from './tar-header.ts';

const XATTR = 'SCHILY.xattr.';

/**
 * The records of an extended header, whose texts are bytes as Latin-1 (POSIX pax, "pax Extended Header").
 * @throws TarError
 */
export function parsePaxRecords(text: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const [start, digits = ''] = /^(\d{1,7}) /.exec(text.slice(at, at + 9)) ?? [];
    const length = Number(digits);
    const record = text.slice(at, at + length);
    const equals = record.indexOf('=');
    if (start === undefined || record.length < length || !record.endsWith('\n') || equals <= start.length) {
      throw new TarError('an extended header is damaged');
    }
    records.set(record.slice(start.length, equals), record.slice(equals + 1, -1));
    at += length;
  }
  return records;
}

/**
 * Applies records to the header of the entry that they belong to.
 * @throws TarError
 */
export function applyPaxRecords(header: TarHeader, records: ReadonlyMap<string, string>): void {
  const xattrs = new Map<string, string>();
  for (const [key, value] of records) {
    if (key.startsWith('GNU.sparse.'))
      throw new TarError('the archive has sparse files, for which tarsum is not defined');
    if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), value);
    else if (key === 'path') header.name = value;
    else if (key === 'linkpath') header.linkname = value;
    else if (key === 'uname') header.uname = value;
    else if (key === 'gname') header.gname = value;
    else if (key === 'uid') header.uid = integerIn(value);
    else if (key === 'gid') header.gid = integerIn(value);
    else if (key === 'mtime') header.mtime = Math.floor(secondsIn(value));
    else if (key === 'size') header.size = integerIn(value);
  }
  header.xattrs = xattrs;
}

function integerIn(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new TarError('a number in an extended header is not an integer');
}

function secondsIn(text: string): number {
  if (/^-?\d{1,16}(?:\.\d*)?$/.test(text)) return Number(text);
  throw new TarError('a time in an extended header is not a number');
}
