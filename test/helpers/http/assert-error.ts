import type { ExecutionContext } from 'ava';
import { parseErrorBody, type WireError } from '../../../core/api/error-body.ts';
import type { Answer } from './http-request.ts';

/** Asserts that an answer is a failure in the form that clients can read, and returns its entries. */
export function assertError(t: ExecutionContext, answer: Answer, status: number, code: string): WireError[] {
  const label = `${answer.status} ${answer.text}`;
  t.is(answer.status, status, label);
  const errors = assertErrorBody(t, answer, label);
  t.is(errors[0]?.code, code, label);
  return errors;
}

/** Asserts only the form. */
export function assertErrorBody(t: ExecutionContext, answer: Answer, label: string): WireError[] {
  t.is(answer.headers['content-type'], 'application/json', label);
  t.is(answer.headers['content-length'], String(answer.body.byteLength), label);
  const errors = parseErrorBody(answer.text);
  t.true(errors.length > 0 && errors.every((error) => error.known && error.message !== ''), label);
  const { requestId } = JSON.parse(answer.text) as { requestId?: unknown };
  t.truthy(requestId, label);
  t.is(requestId, answer.headers['x-request-id'], label);
  return errors;
}
