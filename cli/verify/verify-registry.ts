import type { CredentialSource } from '../../client/credentials/credential-source.ts';
import { isRepositoryName } from '../../core/model/reference.ts';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { CHECK_LIMITS, RUN_LIMITS } from '../../verify/bench/limits.ts';
import { Transport } from '../../verify/bench/transport.ts';
import { type Check, GROUPS } from '../../verify/check.ts';
import { CHECKS } from '../../verify/checks/index.ts';
import { checkRows } from '../../verify/reports/check-table.ts';
import { type Report, reportOf } from '../../verify/reports/report.ts';
import { worstOf } from '../../verify/reports/verdict.ts';
import { RefusedError } from '../../verify/run/refused-error.ts';
import { verifyRegistry } from '../../verify/run/verify-registry.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { type ClientRun, runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { type GivenUser, userAndPassword } from '../login/given-user.ts';
import { UsageError } from '../usage-error.ts';
import { parseRegistryUrl } from './given-registry.ts';
import { jsonReport, type ReportFiles, requireWritable, writeReports } from './report-files.ts';
import { ShownChecks } from './show-checks.ts';
import { summaryText } from './summary-text.ts';

/** `stowage verify`: finds out which rules a registry keeps. */
export interface VerifyRequest {
  readonly kind: 'verify';
  /** Absent only with `driverDocs`. */
  readonly url: string | undefined;
  /** Groups, or beginnings of ids; not yet compared with those that there are. */
  readonly only: readonly string[] | undefined;
  readonly namespace: string;
  /** Absent: the credentials that docker and podman keep. */
  readonly user: GivenUser | undefined;
  readonly strict: boolean;
  readonly timeLimitS: number | undefined;
  readonly checkTimeLimitS: number | undefined;
  readonly files: ReportFiles;
  /** Whether the checks are only printed. */
  readonly driverDocs: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/**
 * Runs the checks, prints what they have found, and writes the reports.
 * @returns 7 when a MUST is broken or could not be judged; with `strict` 8 when only a SHOULD is
 * @throws UsageError for groups that do not exist, a URL that is none, and reports that cannot be written
 * @throws ClientFailure when the registry cannot be reached, or does not let this client push
 */
export async function run(request: VerifyRequest, program: Program): Promise<ExitCode | void> {
  const checks = chosenChecks(request.only);
  if (request.url === undefined || request.driverDocs) return program.print(docsText(checks));
  const url = request.url;
  if (!isRepositoryName(request.namespace))
    throw new UsageError(`--namespace cannot begin the name of a repository: ${JSON.stringify(request.namespace)}`);
  await requireWritable(request.files);
  const stopped = { ...request, stopNote: 'what was pushed is removed' };
  return await runClient(stopped, program, async (run) => {
    const report = await reported({ ...request, url }, { checks, program, run });
    await writeReports(request.files, report);
    program.print(request.json ? jsonReport(report) : summaryText(report));
    const worst = worstOf(report.results);
    if (worst === 'MUST') return 7;
    return worst === 'SHOULD' && request.strict ? 8 : 0;
  });
}

async function reported(
  request: VerifyRequest & { readonly url: string },
  { checks, program, run }: { readonly checks: readonly Check[]; readonly program: Program; readonly run: ClientRun },
): Promise<Report> {
  const { host, scheme } = parseRegistryUrl(request.url);
  if (scheme === 'https' && request.connection.plainHttp)
    throw new UsageError('--plain-http does not go with a URL that begins with https://');
  const credentials = request.user && (await credentialsOf(request.user, program, run.signal));
  const options = await run.connections.remoteOptions(host, { credentials });
  await using transport = new Transport({ ...options, scheme: scheme ?? options.scheme });
  const startedAt = new Date().toISOString();
  const began = performance.now();
  using shown = request.json ? undefined : new ShownChecks(program, checks.length);
  const limits = { ...RUN_LIMITS, ms: (request.timeLimitS ?? RUN_LIMITS.ms / 1000) * 1000 };
  const checkLimits = { ...CHECK_LIMITS, ms: (request.checkTimeLimitS ?? CHECK_LIMITS.ms / 1000) * 1000 };
  const { namespace } = request;
  try {
    const found = await verifyRegistry({
      ...{ transport, checks, namespace, limits, checkLimits, signal: run.signal },
      onResult: (result) => shown?.add(result),
    });
    const durationMs = Math.round(performance.now() - began);
    return reportOf(found, { stowage: await program.version(), startedAt, durationMs });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const advice = 'the checks need the right to push to --namespace; give a user with --username, or log in';
    throw new ClientFailure(`${host}: ${error.message}; ${advice}`, 5, { cause: error });
  }
}

function chosenChecks(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return CHECKS;
  for (const name of only) {
    if (name !== '' && CHECKS.some((check) => isOf(check, name))) continue;
    throw new UsageError(
      `there are no checks ${JSON.stringify(name)}${didYouMean(name, GROUPS)} (the groups are ${GROUPS.join(', ')})`,
    );
  }
  return CHECKS.filter((check) => only.some((name) => isOf(check, name)));
}

function isOf({ id, group }: Check, name: string): boolean {
  return name.includes('/') ? id.startsWith(name) : group === name;
}

function docsText(checks: readonly Check[]): string {
  const [head = [], ...rows] = checkRows(checks);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return lines.join('');
}

/** The user that the command line names; a challenge of any kind is answered with it. */
async function credentialsOf(user: GivenUser, program: Program, signal: AbortSignal): Promise<CredentialSource> {
  const { username, password } = await userAndPassword(user, program, signal);
  return { find: async () => ({ username, password, origin: 'the command line' }) };
}
