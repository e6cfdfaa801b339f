import { duration, flag, httpUrl, integer, text } from '../engine/scalars.ts';
import { group, listOf, section, setting } from '../engine/schema.ts';
import { headers } from './http-headers.ts';

const words = setting(listOf(text), { default: '[]', description: 'media types or actions that are not sent' });

const endpoint = section({
  name: setting(text, { description: 'name in logs and metrics' }),
  disabled: setting(flag, { default: 'false', description: 'sends nothing' }),
  url: setting(httpUrl, { description: 'where events are posted' }),
  headers: setting(headers, { default: '{}', description: 'headers of the request' }),
  timeout: setting(duration, { default: '1s', description: 'how long a request may take' }),
  threshold: setting(integer(), { default: '10', description: 'failures in a row before backing off' }),
  backoff: setting(duration, { default: '1s', description: 'pause after so many failures' }),
  ignoredmediatypes: words,
  ignore: group({ mediatypes: words, actions: words }),
});

export const notifications = group(
  {
    events: group(
      {
        includereferences: setting(flag, {
          default: 'false',
          description: 'lists the references of a manifest in its event',
        }),
      },
      { variable: 'eventconfig' },
    ),
    endpoints: setting(listOf(endpoint), {
      default: '[]',
      description: 'where events of pulls, pushes and deletes are sent',
      stops: 'this version sends no events to endpoints; remove the endpoints, or disable each',
    }),
  },
  { notYet: true },
);
