import test from 'ava';
import { RegistryError, type RegistryErrorCode } from '../../../../core/model/errors.ts';
import { parseContentRange } from '../../../../server/http/content-range.ts';

const SOUND: [string, number, number][] = [
  ['0-0', 0, 1],
  ['0-1023', 0, 1024],
  ['1024-2047', 1024, 2048],
  ['007-010', 7, 11],
  ['0-9007199254740990', 0, 9007199254740991],
  ['bytes 0-9/10', 0, 10],
  ['bytes 5-9/*', 5, 10],
  ['bytes 0-9', 0, 10],
  ['bytes=0-9', 0, 10],
  ['bytes=0-9/10', 0, 10],
  ['bytes=0-9/*', 0, 10],
  ['0-9/10', 0, 10],
  ['0-9/*', 0, 10],
  ['Bytes 0-9/10', 0, 10],
  ['bytes  0 - 9 / 10', 0, 10],
  ['bytes = 0-9', 0, 10],
  ['bytes\t0-9', 0, 10],
];

for (const [header, start, end] of SOUND) {
  test(`Content-Range ${JSON.stringify(header)} is the bytes from ${start} up to ${end}`, (t) => {
    t.deepEqual(parseContentRange(header), { start, end });
    t.deepEqual(parseContentRange(header, end - start), { start, end });
  });
}

const UNSOUND: [string, RegistryErrorCode][] = [
  ['', 'BLOB_UPLOAD_INVALID'],
  ['0', 'BLOB_UPLOAD_INVALID'],
  ['-9', 'BLOB_UPLOAD_INVALID'],
  ['0-', 'BLOB_UPLOAD_INVALID'],
  ['0--1', 'BLOB_UPLOAD_INVALID'],
  ['-1-5', 'BLOB_UPLOAD_INVALID'],
  ['+0-5', 'BLOB_UPLOAD_INVALID'],
  ['0x0-0xf', 'BLOB_UPLOAD_INVALID'],
  ['0-1e3', 'BLOB_UPLOAD_INVALID'],
  ['0-9, 10-19', 'BLOB_UPLOAD_INVALID'],
  [' 0-9', 'BLOB_UPLOAD_INVALID'],
  ['0-9\n', 'BLOB_UPLOAD_INVALID'],
  ['bytes0-9', 'BLOB_UPLOAD_INVALID'],
  ['bytes==0-9', 'BLOB_UPLOAD_INVALID'],
  ['=0-9', 'BLOB_UPLOAD_INVALID'],
  ['bytes 0-9/', 'BLOB_UPLOAD_INVALID'],
  ['0-9/5', 'BLOB_UPLOAD_INVALID'],
  ['bytes=0-', 'BLOB_UPLOAD_INVALID'],
  ['bytes=-5', 'BLOB_UPLOAD_INVALID'],
  ['bytes=0-4,5-9', 'BLOB_UPLOAD_INVALID'],
  ['bytes */10', 'BLOB_UPLOAD_INVALID'],
  ['bytes 0-10/10', 'BLOB_UPLOAD_INVALID'],
  ['items 0-9/10', 'BLOB_UPLOAD_INVALID'],
  ['0-9007199254740991', 'BLOB_UPLOAD_INVALID'],
  ['99999999999999999999-5', 'BLOB_UPLOAD_INVALID'],
  ['5-4', 'RANGE_INVALID'],
  ['bytes 9-0/10', 'RANGE_INVALID'],
];

for (const [header, code] of UNSOUND) {
  test(`Content-Range ${JSON.stringify(header)} fails with ${code} and is named`, (t) => {
    const error = t.throws(() => parseContentRange(header), { instanceOf: RegistryError });
    t.is(error.code, code);
    t.is(error.detail?.['contentRange'], header);
  });
}

for (const contentLength of [0, 9, 11]) {
  test(`a range of 10 bytes does not fit a chunk of ${contentLength}`, (t) => {
    const error = t.throws(() => parseContentRange('10-19', contentLength), { instanceOf: RegistryError });
    t.is(error.code, 'SIZE_INVALID');
    t.is(error.detail?.['contentLength'], contentLength);
  });
}
