import test from 'ava';
import { readYaml } from '../../../../server/config/engine/read-yaml.ts';
import { type ConfigNode, ListNode, MapNode } from '../../../../server/config/engine/tree.ts';
import { documentedKeys } from '../../../../server/config/index.ts';
import { load, problemsOf } from './loading.ts';

const EVERY_KEY = `
version: 0.1
log:
  level: debug
  formatter: json
  fields: {service: registry, shard: 3}
  accesslog: {disabled: true, formatter: json}
  audit: {file: audit.log, events: [all], required: true}
  output: stdout
  reportcaller: true
  hooks:
    - type: mail
      disabled: true
      levels: [panic]
      options:
        smtp: {addr: mail.example.com:25, username: me, password: pw, insecure: true}
        from: a@example.com
        to: [b@example.com]
loglevel: warn
storage:
  filesystem: {rootdirectory: /var/lib/registry, maxthreads: 100}
  copyfrom: {inmemory: {}}
  delete: {enabled: yes, keep: 72h}
  redirect: {disable: on}
  maintenance:
    uploadpurging: {enabled: no, age: 1h, interval: 1h30m, dryrun: true}
    gc: {enabled: yes, interval: 12h, grace: 30m, deleteuntagged: true, callrate: 200, dryrun: true}
    taghistory: {keep: 720h, max: 100}
    scrub:
      enabled: yes
      interval: 168h
      rate: 10MiB
      callrate: 50
      concurrency: 2
      dryrun: true
      replica: {inmemory: {}}
      upstream:
        url: https://registry.example.com
        insecure: true
        username: me
        password: pw
        passwordfile: /password
        only: [team/**]
        tls: {certificate: /cert.pem, key: /key.pem, rootcas: [/ca.pem]}
    readonly: {enabled: true}
  cache: {blobdescriptor: inmemory, layerinfo: inmemory, blobdescriptorsize: 5}
  tag: {concurrencylimit: 4}
auth:
  htpasswd: {realm: Registry, path: /htpasswd}
  token: {embedded: {enabled: true, key: [/new.pem, /old.pem], expiry: 10m}}
authorization:
  rules:
    - name: staff
      repositories: [team/**]
      users: [ann]
      groups: [team]
      anonymous: false
      authenticated: false
      allow: [push]
      networks: [10.0.0.0/8]
      hours: {days: [mon], from: "08:00", to: "18:00", zone: UTC}
    - {repositories: [team/**], users: [bob], deny: [push]}
  groups: {team: [cyd]}
  immutabletags: [{repositories: [team/**], tags: [v*], except: [v0]}]
admin: {enabled: true}
retention:
  enabled: true
  interval: 24h
  dryrun: true
  recordpulls: true
  rules:
    - name: releases
      repositories: [team/**]
      tags: [v*]
      except: [v0]
      keep: {newest: 1, newestversions: 2, pushedwithin: 1h, pulledwithin: 1h, always: false}
      deleteall: false
  untagged: [{repositories: [team/**], after: 1h}]
middleware:
  registry: [{name: a, disabled: false, options: {b: c}}]
  repository: [{name: a, options: {b: c}, repositories: [team/*]}]
  storage:
    - name: cloudfront
      disabled: true
      options: {baseurl: https://d.cloudfront.net/, privatekey: /key.pem, keypairid: K, updatefrenquency: 12h}
plugins: [{use: stowage-events-x, options: {a: b}}, ./local.mjs]
plugintimeout: 1m
http:
  tokenprovider: redis
  addr: 127.0.0.1:5001
  net: tcp
  host: https://registry.example.com
  prefix: /registry/
  relativeurls: true
  trustedproxies: [127.0.0.1, 10.0.0.0/8]
  secret: first
  secrets: [second]
  maxtokenage: 24h
  maxmanifestsize: 8MiB
  draintimeout: 1m
  draindelay: 5s
  timeouts: {headers: 1s, idle: 2s, keepalive: 3s}
  headers: {X-Content-Type-Options: [nosniff]}
  tls:
    certificate: /cert.pem
    key: /key.pem
    minimumtls: tls1.3
    clientcas: [/ca.pem]
    clientauth: verify-client-cert-if-given
    ciphersuites: [TLS_AES_128_GCM_SHA256]
  workers: auto
  http2: {disabled: true}
  h2c: {enabled: true}
  debug: {addr: :5001, prometheus: {enabled: true, path: /m}}
notifications:
  events: {includereferences: true}
redis:
  addrs: [localhost:6379]
  clientname: registry
  db: 1
  protocol: 3
  username: me
  password: pw
  sentinelusername: s
  sentinelpassword: pw
  mastername: main
  maxretries: -1
  minretrybackoff: 8ms
  maxretrybackoff: 512ms
  dialtimeout: 5s
  readtimeout: 3s
  writetimeout: 3s
  contexttimeoutenabled: true
  poolfifo: true
  poolsize: 10
  pooltimeout: 4s
  minidleconns: 1
  maxidleconns: 2
  maxactiveconns: 3
  connmaxidletime: 30m
  connmaxlifetime: 1h
  maxredirects: 3
  readonly: true
  routebylatency: true
  routerandomly: true
  disableidentity: true
  identitysuffix: x
  unstableresp3: true
  tls: {certificate: /c, key: /k, rootcas: [/ca], clientcas: [/ca], enabled: true}
  addr: localhost:6379
  sentinelmasterset: main
  enabletls: true
  pool: {maxidle: 16, maxactive: 64, idletimeout: 300s}
  cache: {enabled: true}
  ratelimiter: {enabled: true}
  loadbalancing: {enabled: true}
health:
  storagedriver: {enabled: true, interval: 1s, threshold: 3}
  file: [{file: /down, interval: 1s, threshold: 1}]
  http: [{uri: http://a/, headers: {A: [b]}, statuscode: 204, timeout: 1s, interval: 1s, threshold: 1}]
  tcp: [{addr: a:1, timeout: 1s, interval: 1s, threshold: 1}]
catalog: {maxentries: 10}
tags: {maxtags: 20}
validation:
  disabled: true
  enabled: false
  manifests:
    referencelimit: 0
    payloadsizelimit: 0
    urls: {allow: ['^https://'], deny: ['^https://evil']}
    indexes: {platforms: list, platformlist: [{architecture: amd64, os: linux}]}
database: {enabled: false}
gc: {disabled: true}
migration: {enabled: false}
profiling: {stackdriver: {enabled: false}}
rate_limiter: {enabled: false}
compatibility: {schema1: {enabled: true, signingkeyfile: /key.json}}
reporting: {bugsnag: {apikey: x}, newrelic: {licensekey: y}}
`;

/** Every key that stops the start, because this version cannot do what it says. */
const STOPPING = `
version: 0.1
storage: inmemory
http:
  tls:
    letsencrypt: {cachefile: /cache, email: a@example.com, hosts: [r.example.com], directoryurl: https://acme.example.com/dir}
notifications:
  endpoints:
    - name: one
      disabled: false
      url: https://hooks.example.com/
      headers: {Authorization: [Bearer x]}
      timeout: 500ms
      threshold: 5
      backoff: 1s
      ignoredmediatypes: [application/octet-stream]
      ignore: {mediatypes: [text/plain], actions: [pull]}
proxy:
  remoteurl: https://registry-1.docker.io
  username: me
  password: pw
  ttl: 24h
  cachewritetimeout: 1m
  exec: {command: docker-credential-helper, lifetime: 1h}
policy: {repository: {classes: [image]}}
`;

test('a file with every key that distribution knows and that stops no start, old names included, is accepted', async (t) => {
  const { configuration, notYetInEffect } = await load(EVERY_KEY);
  t.is(configuration.http.prefix, '/registry');
  t.true(notYetInEffect.includes('redis.poolsize'));
});

test('every key that this version cannot safely ignore stops the start, with one sentence each', async (t) => {
  t.deepEqual(await problemsOf(STOPPING), [
    'config.yml:6: http.tls.letsencrypt: this version fetches no certificates; put one into http.tls.certificate and http.tls.key, or remove it to speak plain HTTP',
    'config.yml:8: notifications.endpoints: this version sends no events to endpoints; remove the endpoints, or disable each',
    'config.yml:18: proxy: this version cannot be the mirror of another registry; remove the section to run a registry of its own, which is empty and can be written to',
    'config.yml:25: policy.repository.classes: this version takes every kind of content; remove it',
  ]);
});

test('the files of the other tests leave out no key of the schema', async (t) => {
  const { written } = await load(EVERY_KEY);
  const spelled = new Set<string>();
  const collect = (node: ConfigNode): void => {
    if (node instanceof ListNode) node.items.forEach(collect);
    if (!(node instanceof MapNode)) return;
    for (const [key, value] of node.entries) {
      spelled.add(key);
      collect(value);
    }
  };
  collect(written);
  collect(readYaml(STOPPING, () => ({})).root);
  const missing = documentedKeys().filter(({ key }) => !spelled.has(key.split('.').at(-1) ?? ''));
  const moved = [
    'loglevel',
    'storage.cache.layerinfo',
    'redis.tls.clientcas',
    'redis.addr',
    'redis.sentinelmasterset',
    'redis.enabletls',
  ];
  t.deepEqual(
    missing.map(({ key }) => key).filter((key) => !moved.includes(key)),
    [],
  );
});

test('only keys that have no effect yet are listed when they are set', async (t) => {
  const { notYetInEffect } = await load(EVERY_KEY);
  const expected = documentedKeys().filter(({ inEffect, key }) => inEffect === 'not yet' && !key.includes('[]'));
  t.deepEqual(notYetInEffect.toSorted(), expected.map(({ key }) => key).toSorted());
});

test('a key without a value counts as absent', async (t) => {
  const { configuration } = await load('version: 0.1\nstorage: {inmemory: }\nhttp:\nlog: {level: }\n');
  t.is(configuration.log.level, 'info');
  t.deepEqual(configuration.auth, []);
  t.deepEqual(configuration.storage.driver, { name: 'inmemory', options: {} });
});
