import type { ListPage } from '../object-store/index.ts';
import { elementsOf, parseXml, textAt, type XmlElement } from './xml.ts';

/** A page of a list, without blobs that a copy has not filled. */
export function parsePage(body: Buffer): ListPage {
  const root = parseXml(body);
  const items = elementsOf(root, 'Blobs', 'Blob')
    .filter((blob) => ['', 'success'].includes(textAt(blob, 'Properties', 'CopyStatus')))
    .map((blob) => ({ key: nameOf(blob), contentType: textAt(blob, 'Properties', 'Content-Type') }));
  const prefixes = elementsOf(root, 'Blobs', 'BlobPrefix').map(nameOf);
  const next = textAt(root, 'NextMarker');
  return { items, prefixes, next: next === '' ? undefined : next };
}

/** Names that XML cannot have are encoded as in a URL. */
function nameOf(element: XmlElement): string {
  const [name] = elementsOf(element, 'Name');
  if (name === undefined) return '';
  return /encoded\s*=\s*"true"/i.test(name.attributes) ? decodeURIComponent(name.text) : name.text;
}
