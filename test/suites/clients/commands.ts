import { spawn } from 'node:child_process';

/** How a command ended. */
export interface Outcome {
  /** The exit code; `undefined` when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the folder of this process. */
  readonly cwd?: string;
  /** Standard input of the command; default none. */
  readonly input?: string;
}

/** Runs a command to its end, whatever the outcome. */
export function attempt(command: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, cwd: options.cwd, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A command that fails early closes its input; its exit code says more than EPIPE.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? undefined, stdout, stderr }));
  });
}

/** Runs a command that must succeed, and returns its trimmed standard output. */
export async function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const outcome = await attempt(command, args, options);
  if (outcome.code !== 0) {
    const line = [command, ...args].join(' ');
    throw new Error(`${line}\nended with ${outcome.code ?? 'a signal'}\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return outcome.stdout.trim();
}
