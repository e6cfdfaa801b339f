import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseBasicCredentials } from '../../../plugins/auth/basic-credentials.ts';
import { dummyHash, parseHtpasswd } from '../../../plugins/auth/htpasswd/parse-htpasswd.ts';
import { holds } from './property.ts';
import { anyText, nearly, textOf } from './texts.ts';

const RUNS = 2000;
const BASE64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const user = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => {
  // Texts that have another meaning in the grammar of the file.
  return !/[:\n\0\uFFFD]|^#|^\uFEFF/.test(text) && text.trim() === text;
});
const hash = fc
  .tuple(
    fc.constantFrom('a', 'b', 'y'),
    fc.integer({ min: 4, max: 17 }),
    textOf(BASE64, { min: 21, max: 21 }),
    fc.constantFrom(...'.Oeu'),
    textOf(BASE64, { min: 30, max: 30 }),
    fc.constantFrom(...'.CGKOSWaeimquy26'),
  )
  .map(([kind, cost, ...rest]) => `$2${kind}$${String(cost).padStart(2, '0')}$${rest.join('')}`);
const users = fc.uniqueArray(fc.tuple(user, hash), { selector: ([name]) => name, minLength: 1, maxLength: 5 });
const filler = fc.constantFrom('', '   ', '# comment', '#ada:x', '\t');

holds('a password file gives its users and their hashes, whatever stands between the lines', RUNS, () =>
  fc.property(
    users,
    filler,
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\uFEFF'),
    (lines, between, end, mark) => {
      const text = mark + lines.map(([name, value]) => `${between}${end} ${name}:${value}${end}`).join('');
      const { hashes, highestCost, problems } = parseHtpasswd(text);
      assert.deepEqual([...hashes], lines);
      assert.deepEqual(problems, []);
      assert.equal(highestCost, Math.max(...lines.map(([, value]) => Number(value.slice(4, 6)))));
      assert.equal(dummyHash(highestCost, text).length, 60);
    },
  ),
);

holds('a wrong line is reported without its hash, and admits no additional user', RUNS, () =>
  fc.property(users, anyText, (lines, wrong) => {
    const isComment = wrong.split('\n').every((line) => ['', '#'].includes(line.trim().charAt(0)));
    fc.pre(!isComment);
    const right = lines.map(([name, value]) => `${name}:${value}`);
    const { hashes, problems } = parseHtpasswd([...right, wrong].join('\n'));
    assert.ok(problems.length > 0);
    for (const problem of problems) assert.ok(/^line \d+: |more lines/.test(problem) && !/\$2[aby]?\$/.test(problem));
    const alone = parseHtpasswd(right.join('\n')).hashes;
    for (const [name, value] of hashes) assert.equal(value, alone.get(name));
  }),
);

holds('credentials come through as they were, whatever bytes the password has', RUNS, () =>
  fc.property(
    fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes(':')),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom('Basic ', 'basic   ', 'BASIC '),
    (name, password, scheme) => {
      const encoded = Buffer.concat([Buffer.from(`${name}:`), password]).toString('base64');
      const credentials = parseBasicCredentials(scheme + encoded);
      assert.equal(credentials?.user, name);
      assert.deepEqual(Buffer.from(credentials.password), Buffer.from(password));
    },
  ),
);

holds('an Authorization header holds credentials exactly when it is Basic, base64 and has a colon', RUNS, () =>
  fc.property(nearly(fc.base64String({ maxLength: 24 }).map((text) => `Basic ${text}`)), (header) => {
    const credentials = parseBasicCredentials(header);
    const [scheme = '', ...rest] = header.split(' ');
    const encoded = rest.join('').trim();
    const bytes = Buffer.from(encoded, 'base64');
    const isCanonical = encoded === bytes.toString('base64');
    if (credentials !== undefined) {
      assert.equal(scheme.toLowerCase(), 'basic');
      assert.ok(bytes.includes(':'));
      assert.equal(credentials.user.includes(':'), false);
    } else if (isCanonical && rest.length === 1 && /^basic$/i.test(scheme)) assert.ok(!bytes.includes(':'), header);
  }),
);
