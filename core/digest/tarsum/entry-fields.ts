import type { TarHeader } from './tar-header.ts';
import type { TarsumVersion } from './tarsum-label.ts';

/**
 * In which way headers are hashed. `era`: as docker did until 2018, with the names of owners, and the type as it is written.
 * `blank`: as moby has done since, which hashes no names, and reads a type that is not set as Go does now.
 */
export type Generation = 'era' | 'blank';

/** What is hashed of a header, before the body: names and values without anything between them (tarsum_spec.md). */
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
  // Latin-1 makes the order of units that of bytes.
  return [...xattrs]
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => key + value)
    .join('');
}
