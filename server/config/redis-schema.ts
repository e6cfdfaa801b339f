import { duration, flag, integer, text } from './scalars.ts';
import { gone } from './services-schema.ts';
import { group, listOf, setting } from './structure.ts';

const texts = (about: string): ReturnType<typeof setting<string[]>> => setting(listOf(text), { default: '[]', about });
const word = (about: string): ReturnType<typeof setting<string>> => setting(text, { about });
const time = (about: string): ReturnType<typeof setting<number>> => setting(duration, { about });
const count = (about: string): ReturnType<typeof setting<number>> => setting(integer(), { about });
const yes = (about: string): ReturnType<typeof setting<boolean>> => setting(flag, { default: 'false', about });

export const redis = group(
  {
    addrs: texts('`host:port` of the servers; none means that Redis is not used'),
    clientname: word('name of the connections'),
    db: setting(integer(0), { default: '0', about: 'number of the database' }),
    protocol: count('version of the protocol, 2 or 3'),
    username: word('user'),
    password: word('password'),
    sentinelusername: word('user at the sentinels'),
    sentinelpassword: word('password at the sentinels'),
    mastername: word('name of the primary, which turns `addrs` into sentinels'),
    maxretries: count('attempts after the first'),
    minretrybackoff: time('shortest pause between attempts'),
    maxretrybackoff: time('longest pause between attempts'),
    dialtimeout: time('how long connecting may take'),
    readtimeout: time('how long reading may take'),
    writetimeout: time('how long writing may take'),
    contexttimeoutenabled: yes('honours the deadline of a request'),
    poolfifo: yes('uses the oldest idle connection first'),
    poolsize: count('connections of the pool'),
    pooltimeout: time('how long to wait for a connection of the pool'),
    minidleconns: count('fewest idle connections'),
    maxidleconns: count('most idle connections'),
    maxactiveconns: count('most connections'),
    connmaxidletime: time('how long a connection may be idle'),
    connmaxlifetime: time('how long a connection may live'),
    maxredirects: count('most redirects in a cluster'),
    readonly: yes('reads from replicas'),
    routebylatency: yes('reads from the nearest node'),
    routerandomly: yes('reads from any node'),
    disableidentity: yes('does not tell the server what client this is'),
    identitysuffix: word('suffix of what the server is told'),
    unstableresp3: yes('experimental replies of protocol 3'),
    tls: group({
      certificate: word('file with the client certificate'),
      key: word('file with its key'),
      rootcas: texts('files with the authorities of the server certificate'),
      clientcas: setting(listOf(text), {
        default: '[]',
        deprecated: 'redis.tls.rootcas',
        about: 'old name of `redis.tls.rootcas`',
      }),
      enabled: gone('of distribution 2: TLS without further settings'),
    }),
    addr: gone('of distribution 2: `host:port` of the server; now `redis.addrs`'),
    pool: gone('of distribution 2: sizes of the pool'),
  },
  { later: true },
);
