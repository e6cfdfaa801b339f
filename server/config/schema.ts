import { type GoRegExp, goRegExp } from './go-regexp.ts';
import { http } from './http-schema.ts';
import { booleanOf } from './read-yaml.ts';
import { redis } from './redis-schema.ts';
import { flag, integer, oneOf, text, waitingTime } from './scalars.ts';
import {
  gone,
  health,
  logHooks,
  middleware,
  notifications,
  OF_GITLAB,
  platforms,
  plugins,
  proxy,
} from './services-schema.ts';
import { storage } from './storage-schema.ts';
import {
  anything,
  BadValue,
  checked,
  group,
  listOf,
  mapOf,
  options,
  quote,
  required,
  type Schema,
  scalar,
  section,
  setting,
} from './structure.ts';
import { nodeAt, ScalarNode } from './tree.ts';

const level = oneOf('error', 'warn', 'info', 'debug');

const version: Schema<'0.1'> = scalar('0.1', (node) => {
  if (node.text !== '0.1') throw new BadValue(`unsupported version ${quote(node.text)}, expected 0.1`);
  return '0.1';
});

const log = group({
  level: setting(level, { default: 'info', about: 'least important lines that are written' }),
  formatter: setting(oneOf('text', 'json', 'logstash'), {
    default: 'text',
    laterValues: ['logstash'],
    about: 'form of the lines; `text` is for people on a terminal and JSON elsewhere',
  }),
  fields: setting(mapOf(anything), { default: '{}', about: 'fields of every line' }),
  accesslog: group({
    disabled: setting(flag, { default: 'false', about: 'writes no line for each request' }),
    formatter: gone('of GitLab', OF_GITLAB),
  }),
  output: gone('of GitLab', OF_GITLAB),
  reportcaller: setting(flag, { later: true, default: 'false', about: 'names the place in the code' }),
  hooks: logHooks,
});

const patterns = (about: string): Schema<GoRegExp[]> => setting(listOf(goRegExp), { default: '[]', about });

const validation = group({
  disabled: setting(flag, { default: 'false', about: 'takes manifests without the checks below' }),
  enabled: setting(flag, {
    default: 'false',
    deprecated: 'validation.disabled',
    about: 'old opposite of `validation.disabled`, stronger than it when true',
  }),
  manifests: group({
    referencelimit: gone('of GitLab', OF_GITLAB),
    payloadsizelimit: gone(
      'of GitLab',
      "has no effect: it is of GitLab's registry; the key here is http.maxmanifestsize",
    ),
    urls: group({
      allow: patterns(
        'URLs of foreign layers must match one of these; with both lists empty every http(s) URL is allowed',
      ),
      deny: patterns('URLs of foreign layers must match none of these'),
    }),
    indexes: group({
      platforms: setting(platforms, { default: 'all', about: 'which images of an index must be present' }),
      platformlist: setting(
        listOf(
          section({
            architecture: setting(text, { default: '""', about: 'for example `amd64`' }),
            os: setting(text, { default: '""', about: 'for example `linux`' }),
          }),
        ),
        { default: '[]', about: 'the platforms meant by `list`' },
      ),
    }),
  }),
});

/** Where GitLab's registry may keep what it knows of its content. */
const database = setting(
  checked((node) => {
    const enabled = nodeAt(node, ['enabled']);
    const isOff = enabled === undefined || (enabled instanceof ScalarNode && booleanOf(enabled.text) === false);
    if (!isOff) {
      throw new BadValue(
        "is the database of GitLab's registry, without which its tags are not all in the storage; give Stowage a storage whose content is complete",
      );
    }
  }),
  { about: 'of GitLab; only where it is not enabled', gone: OF_GITLAB },
);

/** Everything that a configuration file of version 0.1 may say. Unknown keys are errors. */
export const configurationSchema = section({
  version: required(version, { about: 'version of the form of this file, always `0.1`' }),
  log,
  loglevel: setting(level, { deprecated: 'log.level', about: 'old name of `log.level`, used when that is absent' }),
  storage,
  auth: setting(mapOf(options), {
    about: 'exactly one kind of access control with its options; open to all without it',
  }),
  middleware,
  plugins,
  plugintimeout: setting(waitingTime, {
    default: '30s',
    about: 'how long a step of loading a plugin or driver may take; 0 means no limit',
  }),
  http,
  notifications,
  redis,
  health,
  catalog: group({
    maxentries: setting(integer(), { default: '1000', about: 'most repositories in one answer; 0 or less means 1000' }),
  }),
  tags: group({ maxtags: setting(integer(0), { default: '1000', about: 'most tags in one answer; 0 means 1000' }) }),
  proxy,
  validation,
  policy: group({
    repository: group({
      classes: setting(listOf(text), {
        default: '[]',
        about: 'kinds of content that are taken; all without it',
        stops: 'this version takes every kind of content; remove it',
      }),
    }),
  }),
  compatibility: gone('of distribution 2: schema 1 manifests'),
  reporting: gone('of distribution 2: Bugsnag and New Relic'),
  database,
  gc: gone('of GitLab', OF_GITLAB),
  migration: gone('of GitLab', OF_GITLAB),
  profiling: gone('of GitLab', OF_GITLAB),
  rate_limiter: gone('of GitLab', OF_GITLAB),
});
