import test from 'ava';
import { parsePage } from '../../../../drivers/azure/list-page.ts';
import { parseXml, textAt } from '../../../../drivers/azure/xml.ts';

test('a page has keys, content types and prefixes, and no blob that a copy has not filled', (t) => {
  const page = parsePage(
    Buffer.from(`\uFEFF<?xml version="1.0" encoding="utf-8"?>
<EnumerationResults ServiceEndpoint="https://a.blob.core.windows.net/" ContainerName="c">
  <Prefix /><Blobs>
    <Blob><Name>a&amp;b&#x7e;</Name><Properties><Content-Type>text/plain</Content-Type><CopyStatus>success</CopyStatus></Properties></Blob>
    <Blob><Name Encoded="true">c%EF%BF%BE</Name><Properties><Content-Type /></Properties></Blob>
    <Blob><Name>pending</Name><Properties><CopyStatus>pending</CopyStatus></Properties></Blob>
    <BlobPrefix><Name>d/</Name></BlobPrefix>
  </Blobs><NextMarker>2!8</NextMarker>
</EnumerationResults>`),
  );
  t.deepEqual(page, {
    items: [
      { key: 'a&b~', contentType: 'text/plain' },
      { key: 'c\uFFFE', contentType: '' },
    ],
    prefixes: ['d/'],
    next: '2!8',
  });
});

test('an answer that is not complete XML is refused', (t) => {
  for (const text of ['', 'text', '<a>', '<a><b></a>', '<a></b>']) {
    t.throws(() => parseXml(Buffer.from(text)), { message: /answer of the service|answer that is not/ }, text);
  }
  t.is(textAt(parseXml(Buffer.from('<a><b>1 &lt; 2 &quot;&bogus;</b></a>')), 'b'), '1 < 2 "&bogus;');
});
