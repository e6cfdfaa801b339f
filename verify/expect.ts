import type { Answer } from './bench/answer.ts';
import { CheckFailure } from './verdicts.ts';

/** @throws CheckFailure unless the status is one of these */
export function expectStatus(answer: Answer, ...expected: readonly [number, ...number[]]): void {
  if (!expected.includes(answer.status))
    throw new CheckFailure(`the status is ${answer.status}, not ${expected.join(' or ')}`, answer.exchange);
}

/** @throws CheckFailure when the answer does not have the header, by its name in lower case */
export function expectHeader(answer: Answer, name: string): string {
  const value = answer.header(name);
  if (value === undefined) throw new CheckFailure(`the header ${name} is missing`, answer.exchange);
  return value;
}

/** @throws CheckFailure unless the header, by its name in lower case, has this value */
export function expectHeaderValue(answer: Answer, name: string, expected: string): void {
  const value = expectHeader(answer, name);
  if (value !== expected)
    throw new CheckFailure(
      `the header ${name} is ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`,
      answer.exchange,
    );
}

/** @throws CheckFailure unless the body has exactly these bytes */
export function expectBody(answer: Answer, expected: Uint8Array): void {
  const { body } = answer;
  if (body.equals(expected)) return;
  const at = body.findIndex((byte, index) => byte !== expected[index]);
  const difference = at < 0 || at >= expected.byteLength ? 'the length differs' : `they differ at byte ${at}`;
  throw new CheckFailure(
    `${body.byteLength} bytes arrived that are not the expected ${expected.byteLength}: ${difference}`,
    answer.exchange,
  );
}

/** @throws CheckFailure with this message unless the condition holds */
export function expectThat(answer: Answer, condition: boolean, message: string): asserts condition {
  if (!condition) throw new CheckFailure(message, answer.exchange);
}

/** The body as a JSON object. @throws CheckFailure */
export function expectObject(answer: Answer): Readonly<Record<string, unknown>> {
  const value = answer.json();
  expectThat(
    answer,
    typeof value === 'object' && value !== null && !Array.isArray(value),
    'the body is not a JSON object',
  );
  return value as Readonly<Record<string, unknown>>;
}

/** The codes of an error body. @throws CheckFailure unless the body is one (distribution-spec, "Error Codes") */
export function expectErrorCodes(answer: Answer): readonly string[] {
  const { errors } = expectObject(answer);
  expectThat(answer, Array.isArray(errors), 'the body has no list "errors"');
  return (errors as unknown[]).map((error) => {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    expectThat(answer, typeof code === 'string', 'an error has no code');
    return code;
  });
}
