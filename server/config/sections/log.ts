import type { z } from 'zod';
import { flag, oneOf, text } from '../engine/scalars.ts';
import { anything, group, listOf, mapOf, section, setting } from '../engine/schema.ts';
import { OF_GITLAB, removed } from './foreign.ts';
import { type AuditConfiguration, audit, toAudit } from './log-audit.ts';

/** What the log holds, and in which form. */
export interface LogConfiguration {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `json` also stands in for distribution's `logstash`. */
  readonly formatter: 'text' | 'json';
  readonly fields: Readonly<Record<string, unknown>>;
  /** Where requests are recorded: in the log, as Apache's `combined` lines on standard output, or nowhere. */
  readonly accessLog: 'log' | 'combined' | 'off';
  readonly audit: AuditConfiguration;
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
  level: setting(level, {
    default: 'info',
    reloads: true,
    description:
      'the least severe level that is logged; on a terminal, `debug` also shows each step of a push or a pull',
  }),
  formatter: setting(oneOf('text', 'json', 'logstash'), {
    default: 'text',
    notYetValues: ['logstash'],
    description: 'form of the lines; `text` means readable lines on a terminal and JSON everywhere else',
  }),
  fields: setting(mapOf(anything), { default: '{}', description: 'fields of every line' }),
  accesslog: group({
    disabled: setting(flag, { default: 'false', description: 'records no requests' }),
    formatter: setting(oneOf('text', 'json', 'combined'), {
      default: 'text',
      description:
        "`combined` writes Apache's combined format to standard output, as distribution does; `text` and `json` record requests in the log, in the form that `log.formatter` gives it",
    }),
  }),
  audit,
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

export function toLog({ level, formatter, fields, accesslog, audit }: z.output<typeof log>): LogConfiguration {
  return {
    level,
    formatter: formatter === 'text' ? 'text' : 'json',
    fields,
    accessLog: accesslog.disabled ? 'off' : accesslog.formatter === 'combined' ? 'combined' : 'log',
    audit: toAudit(audit),
  };
}
