import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseErrorBody, toErrorBody } from '../../../core/api/error-body.ts';
import { ERROR_DESCRIPTORS } from '../../../core/api/error-descriptors.ts';
import { RegistryError, type RegistryErrorCode, RegistryErrors } from '../../../core/model/errors.ts';
import { holds } from './property.ts';
import { anyText, nearly } from './texts.ts';

const code = fc.constantFrom(...(Object.keys(ERROR_DESCRIPTORS) as RegistryErrorCode[]));
const error = fc
  .tuple(code, fc.option(fc.dictionary(anyText, fc.jsonValue(), { maxKeys: 3 }), { nil: undefined }))
  .map(([value, detail]) => new RegistryError(value, detail));

holds('an error body gives a client each error with its detail', 1000, () =>
  fc.property(error, fc.array(error, { maxLength: 3 }), (first, others) => {
    const body = toErrorBody(new RegistryErrors([first, ...others]), 'id');
    const expected = [first, ...others].map((each) => {
      const { value, message } = ERROR_DESCRIPTORS[each.code];
      // JSON has no -0.
      const detail: unknown = each.detail === undefined ? undefined : JSON.parse(JSON.stringify(each.detail));
      return { code: value, known: true, message, detail };
    });
    assert.deepEqual(parseErrorBody(body), expected);
  }),
);

const entry = fc.oneof(fc.jsonValue(), fc.record({ code: fc.oneof(anyText, fc.jsonValue()), message: fc.jsonValue() }));

holds('any body of a failed answer is read without failing', 2000, () =>
  fc.property(
    fc.oneof(
      nearly(error.map((each) => toErrorBody(each))),
      fc.array(entry, { maxLength: 3 }).map((errors) => JSON.stringify({ errors })),
      fc.json(),
      anyText,
    ),
    (text) => {
      for (const each of parseErrorBody(text)) {
        assert.equal(typeof each.code, 'string');
        assert.equal(typeof each.message, 'string');
        assert.ok(text.includes('errors'));
      }
    },
  ),
);
