import { duration, httpUrl, text } from '../engine/scalars.ts';
import { group, setting } from '../engine/schema.ts';

export const proxy = group(
  {
    remoteurl: setting(httpUrl, { description: 'registry that this one caches' }),
    username: setting(text, { description: 'user at that registry' }),
    password: setting(text, { description: 'password of that user' }),
    ttl: setting(duration, { default: '168h', description: 'how long content is kept; 0 means for ever' }),
    cachewritetimeout: setting(duration, { default: '5m', description: 'how long storing a blob may take' }),
    exec: group({
      command: setting(text, { description: 'docker credential helper that provides the credentials' }),
      lifetime: setting(duration, { description: 'how long its answer is used; for ever without it' }),
    }),
  },
  {
    guarded: true,
    kept: 'set',
    stopsWhenEmpty: true,
    stops:
      'this version cannot be the mirror of another registry; remove the section to run a registry of its own, which is empty and can be written to',
  },
);
