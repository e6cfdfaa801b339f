import test from 'ava';
import { formatTarsum, parseTarsum } from '../../../../../core/digest/tarsum/tarsum-label.ts';

const HEX = '220a60ecd4a3c32c282622a625a54db9ba0ff55b5ba9c29c7064a2bc358b6a3e';

for (const [text, label] of Object.entries({
  [`tarsum.v1+sha256:${HEX}`]: { version: 'v1', algorithm: 'sha256', hex: HEX },
  [`tarsum+sha256:${HEX}`]: { version: '', algorithm: 'sha256', hex: HEX },
  [`tarsum.dev+sha256:${HEX}`]: { version: 'dev', algorithm: 'sha256', hex: HEX },
  'tarsum.v23+test:12341234123412341effefefe': { version: 'v23', algorithm: 'test', hex: '12341234123412341effefefe' },
})) {
  test(`${text.slice(0, 24)}… is taken apart and put together`, (t) => {
    t.deepEqual(parseTarsum(text), label);
    t.is(formatTarsum(label), text);
  });
}

for (const text of ['', 'purejunk', 'invalidlabel', 'invalid+sha256', 'tarsum.v1+invalid', `x tarsum+sha256:${HEX}`]) {
  test(`${JSON.stringify(text)} is no tarsum`, (t) => {
    t.is(parseTarsum(text), undefined);
  });
}
