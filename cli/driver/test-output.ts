import type { Group, ProvedCase } from '../../testing/index.ts';
import type { Program } from '../command.ts';
import { failureText, resultRow, summaryOf, TABLE_HEAD } from './test-summary.ts';

/** What was tested and how it went. `--report` writes it to a file, and `--json` prints it. */
export interface TestReport {
  readonly versions: { readonly stowage: string; readonly node: string; readonly contract: number };
  readonly driver: { readonly spec: string; readonly name: string; readonly capabilities: object };
  readonly startedAt: Date;
  readonly groups: readonly Group[];
  readonly counts: Readonly<Record<ProvedCase['outcome'], number>>;
  /** Of the cases that were run. */
  readonly results: readonly ProvedCase[];
}

/** Shows results to the user. */
export interface TestOutput {
  begin(driver: Pick<TestReport['driver'], 'name'>, contract: number): void;
  /** Shows a result as soon as its case has ended. */
  show(result: ProvedCase): void;
  /** @param notRun how many cases were left out after a failure */
  end(report: TestReport, notRun: number): void;
}

/** For people: a row for each case, the reason below one that has failed, and a summary that fits a small screen. */
export class TextOutput implements TestOutput {
  readonly #print: Program['print'];

  constructor({ print }: Pick<Program, 'print'>) {
    this.#print = print;
  }

  begin({ name }: Pick<TestReport['driver'], 'name'>, contract: number): void {
    this.#print(`Storage driver ${name}, contract ${contract}\n\n${TABLE_HEAD}`);
  }

  show(result: ProvedCase): void {
    this.#print(resultRow(result) + failureText(result));
  }

  end({ results }: TestReport, notRun: number): void {
    this.#print(summaryOf(results, notRun));
  }
}

/** For programs: a line of JSON on standard error for each case, and the report on standard output. */
export class JsonOutput implements TestOutput {
  readonly #program: Pick<Program, 'print' | 'complain'>;

  constructor(program: Pick<Program, 'print' | 'complain'>) {
    this.#program = program;
  }

  begin(): void {}

  show(result: ProvedCase): void {
    this.#program.complain(JSON.stringify({ type: 'case', ...result }));
  }

  end(report: TestReport): void {
    this.#program.print(`${JSON.stringify(report)}\n`);
  }
}
