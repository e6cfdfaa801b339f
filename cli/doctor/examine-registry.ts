import type { CredentialSource } from '../../client/credentials/credential-source.ts';
import { isRepositoryName } from '../../core/model/reference.ts';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { ConfigurationError, type LoadedConfiguration, loadConfiguration } from '../../server/config/index.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { Connections } from '../client/connections.ts';
import type { ExitCode, Program } from '../command.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { type GivenUser, userAndPassword } from '../login/given-user.ts';
import { UsageError } from '../usage-error.ts';
import { parseRegistryUrl } from '../verify/given-registry.ts';
import { type DoctorCheck, worstOf } from './check.ts';
import { DOCTOR_CHECKS } from './checks/index.ts';
import { DoctorContext } from './doctor-context.ts';
import { doctorText } from './doctor-text.ts';
import { PublicAddress } from './public-address.ts';
import { type CheckResult, runChecks } from './run-checks.ts';

/** `stowage doctor`: finds out what is wrong with an installation, or soon will be. */
export interface DoctorRequest extends ConfiguredCommand {
  readonly kind: 'doctor';
  /** Absent: all checks. */
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
  readonly json: boolean;
  /** The address of clients; absent: it is not looked at. */
  readonly url: string | undefined;
  /** Where an upload is tried. */
  readonly repository: string;
  /** Absent: requests are anonymous. */
  readonly user: GivenUser | undefined;
  readonly connection: ConnectionRequest;
}

/**
 * Runs the checks, next to a registry that serves, and prints what they have found.
 * @returns 2 when the configuration is invalid, 1 when another check has failed
 * @throws UsageError for checks that do not exist
 */
export async function run(request: DoctorRequest, program: Program): Promise<ExitCode> {
  const checks = chosenChecks(request);
  const loaded = await load(request, program);
  using stopping = stopSignal();
  await using connections = new Connections(request.connection, program);
  await using publicAddress = await publicAddressOf(request, { program, connections, signal: stopping.signal });
  await using context = new DoctorContext({ loaded, publicAddress });
  const results = await runChecks(checks, context, { signal: stopping.signal });
  program.print(request.json ? `${JSON.stringify(reportOf(results))}\n` : doctorText(results));
  if (loaded instanceof ConfigurationError) return 2;
  return worstOf(results.map(({ severity }) => severity)) === 'failure' ? 1 : 0;
}

async function publicAddressOf(
  { url, repository, user }: DoctorRequest,
  {
    program,
    connections,
    signal,
  }: { readonly program: Program; readonly connections: Connections; readonly signal: AbortSignal },
): Promise<PublicAddress | undefined> {
  if (url === undefined) return undefined;
  if (!isRepositoryName(repository))
    throw new UsageError(`--repository is no repository: ${JSON.stringify(repository)}`);
  const { host, scheme = 'https' } = parseRegistryUrl(url);
  const given = user && (await userAndPassword(user, program, signal));
  const credentials: CredentialSource = { find: async () => given && { ...given, origin: 'the command line' } };
  const remote = await connections.remoteOptions(host, { credentials });
  const options = { ...remote, scheme, credentials: given && credentials };
  return new PublicAddress({ url: new URL(`${scheme}://${host}`), repository, remote: options });
}

/** The results for programs. */
function reportOf(results: readonly CheckResult[]): object {
  return { severity: worstOf(results.map(({ severity }) => severity)), checks: results };
}

async function load(
  request: DoctorRequest,
  { env, complain }: Program,
): Promise<LoadedConfiguration | ConfigurationError> {
  try {
    return await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

function chosenChecks({ only, skip }: DoctorRequest): readonly DoctorCheck[] {
  const names = DOCTOR_CHECKS.map(({ name }) => name);
  for (const name of [...(only ?? []), ...skip]) {
    if (names.includes(name)) continue;
    throw new UsageError(`there is no check ${JSON.stringify(name)}${didYouMean(name, names)} (${names.join(', ')})`);
  }
  return DOCTOR_CHECKS.filter(({ name }) => (only?.includes(name) ?? true) && !skip.includes(name));
}
