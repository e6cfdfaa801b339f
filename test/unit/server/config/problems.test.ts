import test from 'ava';
import { MINIMAL, problemsOf } from './loading.ts';

/** Additions to a valid file of two lines, and the problems with them. */
const ADDED: ReadonlyArray<readonly [title: string, text: string, expected: readonly string[]]> = [
  ['an unknown key', 'http:\n  adr: x\n', ['config.yml:4: http.adr: unknown key, did you mean "addr"?']],
  [
    'an unknown key that is like none',
    'catalog: {zzzzzz: 1}\n',
    ['config.yml:3: catalog.zzzzzz: unknown key; known here: maxentries'],
  ],
  ['an unknown key at the top', 'htpp: {}\n', ['config.yml:3: htpp: unknown key, did you mean "http"?']],
  [
    'an unknown key in a list',
    'health:\n  tcp:\n    - addr: a:1\n      intervall: 1s\n',
    ['config.yml:6: health.tcp[0].intervall: unknown key, did you mean "interval"?'],
  ],
  [
    'middleware by its name only',
    'middleware:\n  registry: [immutable-tags]\n  repository: [./a.mjs]\n  storage:\n    - cache\n',
    [
      'config.yml:4: middleware.registry[0]: expected a section with keys such as name: "immutable-tags", found a plain value',
      'config.yml:5: middleware.repository[0]: expected a section with keys such as name: "./a.mjs", found a plain value',
      'config.yml:7: middleware.storage[0]: expected a section with keys such as name: "cache", found a plain value',
    ],
  ],
  ['a key given twice', 'log: {}\nlog: {}\n', ['config.yml:4: log: given twice, first in line 3; remove one of them']],
  [
    'a word in quotation marks as a flag',
    'http: {relativeurls: "maybe"}\n',
    ['config.yml:3: http.relativeurls: expected true or false, found "maybe"'],
  ],
  [
    'a number as a flag',
    'http: {relativeurls: 1}\n',
    ['config.yml:3: http.relativeurls: expected true or false, found "1"'],
  ],
  [
    'a word as a number',
    'tags: {maxtags: many}\n',
    ['config.yml:3: tags.maxtags: expected a whole number, found "many"'],
  ],
  ['a fraction', 'tags: {maxtags: 1.5}\n', ['config.yml:3: tags.maxtags: expected a whole number, found "1.5"']],
  [
    'a number with a leading zero',
    'tags: {maxtags: 010}\n',
    ['config.yml:3: tags.maxtags: expected a whole number, found "010"'],
  ],
  ['a negative maxtags', 'tags: {maxtags: -1}\n', ['config.yml:3: tags.maxtags: must be at least 0, found -1']],
  [
    'a bad duration',
    'http: {draintimeout: 5x}\n',
    ['config.yml:3: http.draintimeout: expected a duration such as 30s, 1h30m or 300ms, found "5x"'],
  ],
  [
    'a negative duration',
    'http: {draintimeout: -5s}\n',
    ['config.yml:3: http.draintimeout: must not be negative, found "-5s"'],
  ],
  [
    'a bad size',
    'http: {maxmanifestsize: 4Mi}\n',
    ['config.yml:3: http.maxmanifestsize: expected a size such as 4MiB, 4MB or 4194304, found "4Mi"'],
  ],
  [
    'a bad URL',
    'http: {host: registry.example.com}\n',
    ['config.yml:3: http.host: expected a URL such as https://registry.example.com, found "registry.example.com"'],
  ],
  [
    'a URL of another scheme',
    'http: {host: "ftp://x/"}\n',
    ['config.yml:3: http.host: expected a URL such as https://registry.example.com, found "ftp://x/"'],
  ],
  [
    'an unknown level',
    'log: {level: inof}\n',
    ['config.yml:3: log.level: unknown value "inof", expected one of error, warn, info, debug, did you mean "info"?'],
  ],
  [
    'an unknown old level',
    'loglevel: loud\n',
    ['config.yml:3: loglevel: unknown value "loud", expected one of error, warn, info, debug'],
  ],
  [
    'an unknown formatter',
    'log: {formatter: xml}\n',
    ['config.yml:3: log.formatter: unknown value "xml", expected one of text, json, logstash'],
  ],
  [
    'an unknown version of TLS',
    'http: {tls: {minimumtls: tls1.0}}\n',
    [
      'config.yml:3: http.tls.minimumtls: unknown value "tls1.0", expected one of tls1.2, tls1.3, did you mean "tls1.2"?',
    ],
  ],
  ['a text as a section', 'http: localhost\n', ['config.yml:3: http: expected a section with keys, found "localhost"']],
  ['a section as a text', 'http: {secret: {a: b}}\n', ['config.yml:3: http.secret: expected text, found a section']],
  ['a text as a list', 'http: {headers: {A: b}}\n', ['config.yml:3: http.headers.A: expected a list, found "b"']],
  [
    'a bad header name',
    'http: {headers: {a b: [c], A: d}}\n',
    [
      'config.yml:3: http.headers.a b: cannot be the name of a header',
      'config.yml:3: http.headers.A: expected a list, found "d"',
    ],
  ],
  [
    'a bad header value',
    'http: {headers: {A: ["b\\nc"]}}\n',
    ['config.yml:3: http.headers.A[0]: has a character that a header must not contain'],
  ],
  [
    'a bad prefix',
    'http: {prefix: registry}\n',
    ['config.yml:3: http.prefix: expected a path such as /registry, found "registry"'],
  ],
  [
    'a path of metrics that is none',
    'http: {debug: {prometheus: {path: metrics}}}\n',
    ['config.yml:3: http.debug.prometheus.path: expected a path such as /metrics, found "metrics"'],
  ],
  [
    'a path of metrics with a query',
    'http: {debug: {prometheus: {path: "/metrics?a=b"}}}\n',
    ['config.yml:3: http.debug.prometheus.path: expected a path such as /metrics, found "/metrics?a=b"'],
  ],
  [
    'a path of metrics that is taken',
    'http: {debug: {prometheus: {path: /debug/health}}}\n',
    [
      'config.yml:3: http.debug.prometheus.path: must not be /debug/health, where the checks of health are; choose one such as /metrics',
    ],
  ],
  [
    'a bad regular expression',
    'validation: {manifests: {urls: {allow: ["("]}}}\n',
    ['config.yml:3: validation.manifests.urls.allow[0]: expected a regular expression as Go reads it, found "("'],
  ],
  [
    'no worker',
    'http: {workers: 0}\n',
    ['config.yml:3: http.workers: expected a whole number from 1 on, or auto, found "0"'],
  ],
  [
    'an address without a port',
    'http: {addr: localhost}\n',
    ['config.yml:3: http.addr: expected host:port or :port, such as 127.0.0.1:5000, found "localhost"'],
  ],
  [
    'a port that is too large',
    'http:\n  addr: :65536\n',
    ['config.yml:4: http.addr: the port must be a number from 0 to 65535, found "65536"'],
  ],
  [
    'a port that is a word',
    'http: {addr: "a:http"}\n',
    ['config.yml:3: http.addr: the port must be a number from 0 to 65535, found "http"'],
  ],
  [
    'a socket without a path',
    'http: {net: unix}\n',
    ['config.yml:3: http.addr: must be the path of the socket, because http.net is unix'],
  ],
  [
    'a certificate without a key',
    'http: {tls: {certificate: a}}\n',
    ['config.yml:3: http.tls.certificate: needs http.tls.key as well'],
  ],
  [
    'a key without a certificate',
    'http: {tls: {key: a}}\n',
    ['config.yml:3: http.tls.key: needs http.tls.certificate as well'],
  ],
  [
    'a certificate and Let’s Encrypt',
    'http: {tls: {certificate: a, key: b, letsencrypt: {cachefile: c}}}\n',
    [
      'config.yml:3: http.tls.letsencrypt: this version fetches no certificates; put one into http.tls.certificate and http.tls.key, or remove it to speak plain HTTP',
    ],
  ],
  [
    'Let’s Encrypt',
    'http:\n  tls:\n    letsencrypt: {email: a@example.com}\n',
    [
      'config.yml:5: http.tls.letsencrypt: this version fetches no certificates; put one into http.tls.certificate and http.tls.key, or remove it to speak plain HTTP',
    ],
  ],
  [
    'an authority of clients without a certificate',
    'http: {tls: {clientcas: [a], clientauth: request-client-cert}}\n',
    [
      'config.yml:3: http.tls.clientcas: cannot protect anything: without http.tls.certificate and http.tls.key the registry speaks plain HTTP, which asks no client who it is',
      'config.yml:3: http.tls.clientauth: cannot protect anything: without http.tls.certificate and http.tls.key the registry speaks plain HTTP, which asks no client who it is',
    ],
  ],
  [
    'a check of client certificates without an authority',
    'http: {tls: {certificate: a, key: b, clientauth: verify-client-cert-if-given, clientcas: []}}\n',
    [
      'config.yml:3: http.tls.clientauth: verify-client-cert-if-given needs http.tls.clientcas as well: the authorities to verify against',
    ],
  ],
  [
    'an unknown kind of check of client certificates',
    'http: {tls: {certificate: a, key: b, clientauth: request-client-certs}}\n',
    [
      'config.yml:3: http.tls.clientauth: unknown value "request-client-certs", expected one of require-and-verify-client-cert, require-any-client-cert, verify-client-cert-if-given, request-client-cert, did you mean "request-client-cert"?',
    ],
  ],
  [
    'unknown cipher suites, also where they would have no effect,',
    'http:\n  tls:\n    minimumtls: tls1.3\n    ciphersuites:\n      - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265\n      - ECDHE-RSA-AES256-SHA\n      - RC4\n',
    [
      'config.yml:7: http.tls.ciphersuites[0]: unknown cipher suite "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265", did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"?',
      'config.yml:8: http.tls.ciphersuites[1]: unknown cipher suite "ECDHE-RSA-AES256-SHA", did you mean "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"?',
      'config.yml:9: http.tls.ciphersuites[2]: unknown cipher suite "RC4", expected a name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    ],
  ],
  [
    'an empty further secret',
    'http: {secret: a, secrets: [""]}\n',
    ['config.yml:3: http.secrets[0]: is empty; anyone could forge tokens with it'],
  ],
  [
    'further secrets without a first',
    'http: {secrets: [a]}\n',
    ['config.yml:3: http.secrets: needs http.secret as well: it signs new tokens, these only verify older ones'],
  ],
  [
    'two kinds of access control',
    'auth:\n  silly: {}\n  htpasswd: {}\n',
    [
      'config.yml:5: auth.htpasswd: 2 kinds of access control: silly (config.yml:4) and htpasswd (config.yml:5); there must be exactly one',
    ],
  ],
  [
    'a mistyped kind of access control',
    'auth: {htpaswd: {}}\n',
    ['config.yml:3: auth.htpaswd: unknown key, did you mean "htpasswd"?'],
  ],
  [
    'access control of no kind',
    'auth: {}\n',
    ['config.yml:3: auth: names no kind of access control; name one, or write auth: none to allow everyone'],
  ],
  [
    'access control without anything below it',
    'auth:\n',
    ['config.yml:3: auth: names no kind of access control; name one, or write auth: none to allow everyone'],
  ],
  [
    'access control that is nothing',
    'auth: ~\n',
    ['config.yml:3: auth: names no kind of access control; name one, or write auth: none to allow everyone'],
  ],
  ['an alias without an anchor', 'log: *nowhere\n', ['config.yml:3: log: the alias *nowhere has no anchor before it']],
  ['an alias of itself', 'log: &a {fields: *a}\n', ['config.yml:3: log.fields: the alias *a contains itself']],
];

for (const [title, text, expected] of ADDED) {
  test(`${title} is refused with its line`, async (t) => {
    const found = await problemsOf(MINIMAL + text);
    t.deepEqual(found, [...expected]);
  });
}
