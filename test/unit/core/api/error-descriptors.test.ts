import test from 'ava';
import { ERROR_DESCRIPTORS, errorDescriptor } from '../../../../core/api/error-descriptors.ts';
import type { RegistryErrorCode } from '../../../../core/model/errors.ts';
import { OCI_ERROR_CODES } from '../../../helpers/http/error-codes.ts';

const DOCKER_CODES = ['TAG_INVALID', 'MANIFEST_UNVERIFIED', 'PAGINATION_NUMBER_INVALID'];

test('every code of the 4XX class is one of the specification or of docker, in capitals', (t) => {
  for (const { value, status } of Object.values(ERROR_DESCRIPTORS)) {
    t.regex(value, /^[A-Z_]+$/);
    if (status < 500) t.true([...OCI_ERROR_CODES, ...DOCKER_CODES].includes(value), value);
  }
});

test('every error has a code, a status and a message of its own', (t) => {
  const seen = Object.values(ERROR_DESCRIPTORS).map(({ value, status, message }) => `${value} ${status} ${message}`);
  t.is(new Set(seen).size, seen.length);
});

const STATUSES: [number, RegistryErrorCode[]][] = [
  [
    400,
    [
      'DIGEST_INVALID',
      'SIZE_INVALID',
      'NAME_INVALID',
      'TAG_INVALID',
      'MANIFEST_INVALID',
      'MANIFEST_UNVERIFIED',
      'MANIFEST_BLOB_UNKNOWN',
      'BLOB_UPLOAD_INVALID',
      'PAGINATION_NUMBER_INVALID',
      'QUERY_INVALID',
      'BODY_INVALID',
    ],
  ],
  [401, ['UNAUTHORIZED']],
  [403, ['DENIED', 'TAG_IMMUTABLE']],
  [
    404,
    [
      'NAME_UNKNOWN',
      'MANIFEST_UNKNOWN',
      'BLOB_UNKNOWN',
      'BLOB_UPLOAD_UNKNOWN',
      'TOKEN_UNKNOWN',
      'ENTRY_UNKNOWN',
      'ROUTE_UNKNOWN',
    ],
  ],
  [405, ['UNSUPPORTED']],
  [409, ['STATE_CONFLICT']],
  [413, ['MANIFEST_TOO_LARGE', 'BODY_TOO_LARGE']],
  [414, ['QUERY_TOO_LONG', 'TAGS_TOO_MANY']],
  [416, ['RANGE_INVALID', 'RANGE_NOT_SATISFIABLE']],
  [429, ['TOOMANYREQUESTS']],
  [500, ['UNKNOWN', 'STORAGE_REFUSED']],
  [503, ['UNAVAILABLE']],
];

test('every code has the status that the specification or distribution gives it', (t) => {
  const expected = Object.fromEntries(STATUSES.flatMap(([status, codes]) => codes.map((code) => [code, status])));
  t.deepEqual(
    Object.fromEntries(Object.entries(ERROR_DESCRIPTORS).map(([code, { status }]) => [code, status])),
    expected,
  );
});

test('a code of another version of the package counts as UNKNOWN', (t) => {
  const code: string = 'BROUGHT_LATER';
  t.is(errorDescriptor(code as RegistryErrorCode), ERROR_DESCRIPTORS.UNKNOWN);
  t.is(errorDescriptor('toString' as RegistryErrorCode), ERROR_DESCRIPTORS.UNKNOWN);
});
