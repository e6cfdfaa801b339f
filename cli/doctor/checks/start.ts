import { connect } from '../../check-config/connect.ts';
import { type DoctorCheck, failure, ok } from '../check.ts';
import { oneLine } from '../one-line.ts';

/** How long each part may take to open, in milliseconds. */
const STEP_MS = 10_000;

/** What `stowage check-config --connect` says. */
export const start: DoctorCheck = {
  name: 'start',
  proves: 'storage, Redis, the audit log and all plugins can be opened as a start would',
  limitMs: 60_000,
  run: async ({ configured }) => {
    const warnings: string[] = [];
    const problems = await connect(configured, { warn: (message) => warnings.push(message), stepMs: STEP_MS });
    const found = [
      ...problems.map((problem) => failure(oneLine(problem))),
      ...warnings.map((text) => ({ severity: 'warning', finding: text }) as const),
    ];
    return found.length > 0 ? found : [ok('a start would open everything')];
  },
};
