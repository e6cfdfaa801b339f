import type { TarHeader } from './tar-header.ts';
import type { TarsumVersion } from './tarsum-label.ts';

/**
 * How headers are hashed. `era`: as Docker did until 2018, with the names of owners, and the type as written. `blank`:
 * as moby has done since, without those names, and with an unset type read as Go does now.
 */
export type Generation = 'era' | 'blank';

/** The part of a header that is hashed before the body: names and values without separators (tarsum_spec.md). */
export function entryFields(header: TarHeader, version: TarsumVersion, generation: Generation): Buffer {
  const { name, mode, uid, gid, size, mtime, linkname, devmajor, devminor } = header;
  const isEra = generation === 'era';
  const [uname, gname] = isEra ? [header.uname, header.gname] : ['', ''];
  const time = version === '' ? `mtime${mtime}` : '';
  const owner = `uname${uname}gname${gname}devmajor${devmajor}devminor${devminor}`;
  const type = isEra ? header.typeflag : typeOf(header);
  const text = `name${name}mode${mode}uid${uid}gid${gid}size${size}${time}typeflag${type}linkname${linkname}${owner}`;
  return Buffer.from(version === '' ? text : text + attributesOf(header), 'latin1');
}

function typeOf({ typeflag, name }: TarHeader): string {
  if (typeflag !== '\x00') return typeflag;
  return name.endsWith('/') ? '5' : '0';
}

function attributesOf({ xattrs }: TarHeader): string {
  // In Latin-1, the order of code units is the order of bytes.
  return [...xattrs]
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => key + value)
    .join('');
}
