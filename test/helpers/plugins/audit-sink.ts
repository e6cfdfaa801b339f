import { appendFile } from 'node:fs/promises';
import {
  type AuditRecord,
  bindPort,
  definePlugin,
  EVENT_SINK,
  type OptionsSchema,
  PLUGIN_CONTRACT,
} from '../../../plugins/index.ts';

/** The path by which a configuration names this plugin under `plugins`; its option `file` is where it writes. */
export const AUDIT_SINK = new URL('audit-sink.js', import.meta.url).pathname;

/** The options of the plugin. */
interface Options {
  readonly file: string;
  /** Whether records are written whole, as JSON. */
  readonly whole?: boolean;
}

const options: OptionsSchema<Options> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Options }) },
};

/** Appends each audit record and each event to a file; rejects every record of a repository named `bad`. */
export default definePlugin({
  kind: 'event-sink',
  name: 'audit-sink',
  contract: PLUGIN_CONTRACT,
  options,
  module: ({ file, whole = false }) =>
    bindPort(EVENT_SINK, {
      handle: async ({ action }) => appendFile(file, `event ${action}\n`),
      audit: async (record: AuditRecord) => {
        const { action, outcome, rule, repository, at } = record;
        if (whole) return appendFile(file, `${JSON.stringify(record)}\n`);
        if (repository === 'bad') throw new Error('a bad repository');
        await appendFile(file, `${at instanceof Date ? 'record' : 'no date'} ${action} ${outcome} ${rule}\n`);
      },
    }),
});
