import { checkUsername } from '../check-username.ts';
import type { Program } from '../command.ts';
import { readInput } from '../images/input-file.ts';
import type { Ask } from '../program-streams.ts';
import { UsageError } from '../usage-error.ts';

/** What of the credentials a command line says. */
export interface GivenUser {
  /** Absent: the user is asked. */
  readonly username: string | undefined;
  /** Absent: it is on standard input, or the user is asked. */
  readonly password: string | undefined;
  /** Whether the password is on standard input. */
  readonly fromInput: boolean;
}

const MAX_PASSWORD_BYTES = 64 * 1024;

/**
 * The user and the password: as given, or as typed at the terminal.
 * @throws UsageError when one is missing and there is no terminal to ask at, or when none was typed
 */
export async function userAndPassword(
  { username, password, fromInput }: GivenUser,
  program: Pick<Program, 'input' | 'ask'>,
  signal: AbortSignal,
): Promise<{ readonly username: string; readonly password: string }> {
  const ask = program.ask();
  const name = username ?? (await typed(ask, { what: 'user', missing: '--username is missing', signal }));
  checkUsername(name);
  if (password !== undefined) return { username: name, password };
  if (fromInput) return { username: name, password: await passwordFrom(program, signal) };
  const missing = 'give --password-stdin or --password';
  return { username: name, password: await typed(ask, { what: 'password', missing, signal }) };
}

async function typed(
  ask: Ask | undefined,
  {
    what,
    missing,
    signal,
  }: { readonly what: 'user' | 'password'; readonly missing: string; readonly signal: AbortSignal },
): Promise<string> {
  if (ask === undefined) throw new UsageError(missing);
  const answer = await ask({ text: `${what}: `, isSecret: what === 'password', signal });
  if (answer === undefined || answer === '') throw new UsageError(`no ${what} was typed`);
  return answer;
}

async function passwordFrom({ input }: Pick<Program, 'input'>, signal: AbortSignal): Promise<string> {
  const password = (await readInput('-', MAX_PASSWORD_BYTES, { input, signal })).toString('utf8').replace(/\r?\n$/, '');
  if (password === '') throw new UsageError('standard input contains no password');
  return password;
}
