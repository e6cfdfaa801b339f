import type { z } from 'zod';
import { flag, oneOf, text } from '../engine/scalars.ts';
import { anything, group, listOf, mapOf, section, setting } from '../engine/schema.ts';
import { OF_GITLAB, removed } from './foreign.ts';

/** What the log holds, and in which form. */
export interface LogConfiguration {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `json` also stands in for distribution's `logstash`. */
  readonly formatter: 'text' | 'json';
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the log gets a line for each request. */
  readonly accessLog: boolean;
}

const level = oneOf('error', 'warn', 'info', 'debug');

const hook = section({
  type: setting(text, { description: '`mail`' }),
  disabled: setting(flag, { default: 'false', description: 'leaves it out' }),
  levels: setting(listOf(text), { default: '[]', description: 'levels that are sent' }),
  options: group(
    {
      smtp: group({
        addr: setting(text, { description: '`host:port` of the mail server' }),
        username: setting(text, { description: 'user there' }),
        password: setting(text, { description: 'password of that user' }),
        insecure: setting(flag, { default: 'false', description: 'does not check the certificate' }),
      }),
      from: setting(text, { description: 'sender' }),
      to: setting(listOf(text), { default: '[]', description: 'recipients' }),
    },
    { variable: 'mailoptions' },
  ),
});

export const log = group({
  level: setting(level, { default: 'info', reloads: true, description: 'least important lines that are written' }),
  formatter: setting(oneOf('text', 'json', 'logstash'), {
    default: 'text',
    notYetValues: ['logstash'],
    description: 'form of the lines; `text` is for people on a terminal and JSON elsewhere',
  }),
  fields: setting(mapOf(anything), { default: '{}', description: 'fields of every line' }),
  accesslog: group({
    disabled: setting(flag, { default: 'false', description: 'writes no line for each request' }),
    formatter: removed('of GitLab', OF_GITLAB),
  }),
  output: removed('of GitLab', OF_GITLAB),
  reportcaller: setting(flag, { notYet: true, default: 'false', description: 'names the place in the code' }),
  hooks: setting(listOf(hook), { notYet: true, default: '[]', description: 'what else log lines cause' }),
});

/** The old place of `log.level`. */
export const loglevel = setting(level, {
  deprecated: 'log.level',
  moves: true,
  description: 'old name of `log.level`, used when that is absent',
});

export function toLog({ level, formatter, fields, accesslog }: z.output<typeof log>): LogConfiguration {
  return {
    level,
    formatter: formatter === 'text' ? 'text' : 'json',
    fields,
    accessLog: !accesslog.disabled,
  };
}
