const HEAD = 'HTTP/1.1\r\nHost: registry\r\n';
const CHUNKS = '\r\n\r\n0\r\n\r\n';
/** A request hidden after another one: it must not be answered. */
const HIDDEN = 'GET /v2/hidden HTTP/1.1\r\nHost: registry\r\n\r\n';

/** Requests whose end, or whose host, depends on the parser. */
export const SMUGGLING: readonly (readonly [what: string, bytes: string])[] = [
  ['two hosts', `GET /v2/ ${HEAD}Host: other\r\n\r\n`],
  ['the same host twice', `GET /v2/ ${HEAD}Host: registry\r\n\r\n`],
  ['two hosts in one line', 'GET /v2/ HTTP/1.1\r\nHost: registry, other\r\n\r\n'],
  ['another host in the target', `GET http://other/v2/ ${HEAD}\r\n`],
  ['gzip before chunked', `PUT /v2/ ${HEAD}Transfer-Encoding: gzip, chunked${CHUNKS}${HIDDEN}`],
  ['chunked twice', `PUT /v2/ ${HEAD}Transfer-Encoding: chunked, chunked${CHUNKS}${HIDDEN}`],
  [
    'chunked and identity',
    `PUT /v2/ ${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity${CHUNKS}${HIDDEN}`,
  ],
  ['chunks in HTTP/1.0', `PUT /v2/ HTTP/1.0\r\nTransfer-Encoding: chunked${CHUNKS}${HIDDEN}`],
  ['an unknown coding', `PUT /v2/ ${HEAD}Transfer-Encoding: xchunked${CHUNKS}${HIDDEN}`],
  ['a vertical tab before chunked', `PUT /v2/ ${HEAD}Transfer-Encoding: \x0bchunked${CHUNKS}${HIDDEN}`],
  ['a length before chunks', `PUT /v2/ ${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked${CHUNKS}${HIDDEN}`],
  ['a length behind chunks', `PUT /v2/ ${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5${CHUNKS}${HIDDEN}`],
  ['two lengths', `PUT /v2/ ${HEAD}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${HIDDEN}`],
  ['the same length twice', `PUT /v2/ ${HEAD}Content-Length: 0\r\nContent-Length: 0\r\n\r\n${HIDDEN}`],
  ['a length with a sign', `PUT /v2/ ${HEAD}Content-Length: +44\r\n\r\n${HIDDEN}`],
  ['a length in hexadecimal', `PUT /v2/ ${HEAD}Content-Length: 0x2c\r\n\r\n${HIDDEN}`],
  ['a space before a colon', `PUT /v2/ ${HEAD}Transfer-Encoding : chunked${CHUNKS}${HIDDEN}`],
  ['a folded coding', `PUT /v2/ ${HEAD}Transfer-Encoding:\r\n chunked${CHUNKS}${HIDDEN}`],
  ['a folded host', 'GET /v2/ HTTP/1.1\r\nHost: registry\r\n other\r\n\r\n'],
  ['lines that end without CR', 'GET /v2/ HTTP/1.1\nHost: registry\n\n'],
  ['a line that ends without CR', 'GET /v2/ HTTP/1.1\r\nX: a\nHost: registry\r\n\r\n'],
  ['a CR in a line', 'GET /v2/ HTTP/1.1\r\nX: a\rHost: registry\r\n\r\n'],
  ['a NUL in a line', `GET /v2/ ${HEAD}X: a\0b\r\n\r\n`],
  ['two credentials', `GET /v2/ ${HEAD}Authorization: Basic YTpi\r\nAuthorization: Basic Yzpk\r\n\r\n`],
  ['CONNECT', `CONNECT registry:443 ${HEAD}\r\n${HIDDEN}`],
];
