import { address } from './address.ts';
import { headers } from './http-schema.ts';
import { duration, flag, httpUrl, integer, name, oneOf, text, waitingTime } from './scalars.ts';
import { anything, group, listOf, options, required, section, setting } from './structure.ts';

const later = { later: true } as const;
const interval = setting(waitingTime, { default: '10s', about: 'time between two checks; 0 means 10s' });
const threshold = setting(integer(), { default: '0', about: 'failures in a row that count as unhealthy; 0 means 1' });
const timeout = setting(waitingTime, { default: '0s', about: 'how long a check may take; 0 means no limit' });

/** While one of these checks fails, every request is answered with 503. */
export const health = group({
  storagedriver: group({
    enabled: setting(flag, { default: 'false', about: 'checks the storage' }),
    interval,
    threshold,
  }),
  file: setting(
    listOf(section({ file: required(name, { about: 'unhealthy while this file exists' }), interval, threshold })),
    { default: '[]', variable: 'filecheckers', about: 'files to watch' },
  ),
  http: setting(
    listOf(
      section({
        uri: required(httpUrl, { about: 'URL that is asked with HEAD' }),
        headers: setting(headers, { default: '{}', about: 'headers of the request' }),
        statuscode: setting(integer(), { default: '200', about: 'status of a healthy answer' }),
        timeout,
        interval,
        threshold,
      }),
    ),
    { default: '[]', variable: 'httpcheckers', about: 'URLs to watch' },
  ),
  tcp: setting(
    listOf(section({ addr: required(address, { about: '`host:port` to connect to' }), timeout, interval, threshold })),
    { default: '[]', variable: 'tcpcheckers', about: 'addresses to watch' },
  ),
});

const words = setting(listOf(text), { default: '[]', about: 'what is left out' });

const endpoint = section({
  name: setting(text, { about: 'name in logs and metrics' }),
  disabled: setting(flag, { default: 'false', about: 'sends nothing' }),
  url: setting(httpUrl, { about: 'where events are posted' }),
  headers: setting(headers, { default: '{}', about: 'headers of the request' }),
  timeout: setting(duration, { default: '1s', about: 'how long a request may take' }),
  threshold: setting(integer(), { default: '10', about: 'failures in a row before backing off' }),
  backoff: setting(duration, { default: '1s', about: 'pause after so many failures' }),
  ignoredmediatypes: words,
  ignore: group({ mediatypes: words, actions: words }),
});

export const notifications = group(
  {
    events: group(
      {
        includereferences: setting(flag, {
          default: 'false',
          about: 'lists the references of a manifest in its event',
        }),
      },
      { variable: 'eventconfig' },
    ),
    endpoints: setting(listOf(endpoint), {
      default: '[]',
      about: 'where events of pulls, pushes and deletes are sent',
      stops: 'this version sends no events to endpoints; remove the endpoints, or disable each',
    }),
  },
  later,
);

export const proxy = group(
  {
    remoteurl: setting(httpUrl, { about: 'registry of which this one is a pull-through cache' }),
    username: setting(text, { about: 'user at that registry' }),
    password: setting(text, { about: 'password of that user' }),
    ttl: setting(duration, { default: '168h', about: 'how long content is kept; 0 means for ever' }),
    cachewritetimeout: setting(duration, { default: '5m', about: 'how long storing a blob may take' }),
    exec: group({
      command: setting(text, { about: 'docker credential helper that is asked for the credentials' }),
      lifetime: setting(duration, { about: 'how long its answer holds; for ever without it' }),
    }),
  },
  {
    stops:
      'this version cannot be the mirror of another registry; remove the section to run a registry of its own, which is empty and can be written to',
  },
);

const wrapper = section({
  name: required(name, { about: 'built-in name, package or path of the middleware' }),
  disabled: setting(flag, { default: 'false', about: 'leaves it out' }),
  options: setting(options, { default: '{}', about: 'options of the middleware' }),
});
const wrappers = listOf(wrapper);
const about = 'what wraps this part, the first one innermost';
const noMiddleware =
  'this version runs middleware around the storage only (middleware.storage); remove these, or disable each';

export const middleware = group({
  registry: setting(wrappers, { stops: noMiddleware, default: '[]', about }),
  repository: setting(wrappers, { stops: noMiddleware, default: '[]', about }),
  storage: setting(wrappers, {
    default: '[]',
    about: 'what wraps the storage driver; the first one is next to the driver, the last one next to the registry',
  }),
});

const plugin = section({
  use: required(name, { about: 'package or path of a plugin' }),
  options: setting(options, { default: '{}', about: 'options of the plugin' }),
});

export const plugins = setting(listOf(plugin), {
  default: '[]',
  about: 'plugins of any kind but storage drivers; an item may be no more than the package or path',
});

const hook = section({
  type: setting(text, { about: '`mail`' }),
  disabled: setting(flag, { default: 'false', about: 'leaves it out' }),
  levels: setting(listOf(text), { default: '[]', about: 'levels that are sent' }),
  options: group(
    {
      smtp: group({
        addr: setting(text, { about: '`host:port` of the mail server' }),
        username: setting(text, { about: 'user there' }),
        password: setting(text, { about: 'password of that user' }),
        insecure: setting(flag, { default: 'false', about: 'does not check the certificate' }),
      }),
      from: setting(text, { about: 'sender' }),
      to: setting(listOf(text), { default: '[]', about: 'recipients' }),
    },
    { variable: 'mailoptions' },
  ),
});

export const logHooks = setting(listOf(hook), { ...later, default: '[]', about: 'what else log lines cause' });

/** A key of distribution 2 that no longer does anything; old files have it and must still start. */
export function gone(about: string, gone: string | true = true): typeof anything {
  return setting(anything, { about, gone });
}

/** What is said of keys that only the registry of GitLab has. */
export const OF_GITLAB = "has no effect: it is of GitLab's registry; remove it";

/** A value that is one of the names of platforms checking. */
export const platforms = oneOf('all', 'none', 'list');
