import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packTar, type TarEntry } from 'modern-tar';
import { file, link } from '../../../helpers/client/archives.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';
import { clientCommands } from '../../../helpers/running/client-commands.ts';

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

type Layer = readonly TarEntry[];

/** Compares the files of two images in a folder, whose layers these are; gives the lines of paths, and those of the JSON. */
async function compare(t: ExecutionContext, first: readonly Layer[], second: readonly Layer[]) {
  const { stowage, withInput, home } = await clientCommands(t);
  const folder = `oci:${join(home, 'images')}`;
  const store = async (bytes: Uint8Array, mediaType: string) => {
    const path = join(home, 'blob');
    await writeFile(path, bytes);
    t.is((await stowage('blob', folder, '--put', path)).code, 0);
    return { mediaType, digest: digestOf(Buffer.from(bytes)), size: bytes.byteLength };
  };
  for (const [tag, layers] of [
    ['a', first],
    ['b', second],
  ] as const) {
    const config = await store(Buffer.from('{"os":"linux","architecture":"amd64"}'), CONFIG_TYPE);
    const blobs = [];
    for (const layer of layers) blobs.push(await store(await packTar([...layer]), LAYER_TYPE));
    const manifest = JSON.stringify({ schemaVersion: 2, config, layers: blobs });
    t.is((await withInput(manifest, 'manifest', `${folder}:${tag}`, '--put', '-')).code, 0);
  }
  const { code, stdout, stderr } = await stowage('diff', `${folder}:a`, `${folder}:b`, '--files');
  t.is(code, 0, stderr);
  const { stdout: json } = await stowage('diff', `${folder}:a`, `${folder}:b`, '--files', '--json');
  const lines = stdout.split('\n').filter((line) => /^[-+~] \//.test(line));
  return { lines, files: (JSON.parse(json) as { files?: unknown }).files };
}

function text(name: string, body: string, header: object = {}): TarEntry {
  return file(name, body, { mtime: new Date(0), ...header });
}

function folder(name: string): TarEntry {
  return { header: { name, size: 0, type: 'directory', mtime: new Date(0) } };
}

const BASE = [folder('d/'), text('d/one', '1'), text('d/two', '2'), text('m', 'm')];

for (const [what, first, second, lines] of [
  ['a file that an upper layer replaces is changed', [BASE], [BASE, [text('m', '7 bytes')]], ['~ /m  1 B -> 7 B']],
  ['and the other way round', [BASE, [text('m', '7 bytes')]], [BASE], ['~ /m  7 B -> 1 B']],
  ['the same file in an upper layer is no difference', [BASE], [BASE, [text('m', 'm')]], []],
  [
    'layers in another order differ in what the upper one replaces',
    [[text('m', '1')], [text('m', '22')]],
    [[text('m', '22')], [text('m', '1')]],
    ['~ /m  2 B -> 1 B'],
  ],
  [
    'a layer that comes again on top replaces what was between',
    [[text('m', '1')], [text('m', '22')]],
    [[text('m', '1')], [text('m', '22')], [text('m', '1')]],
    ['~ /m  2 B -> 1 B'],
  ],
  ['the same files in other layers are no difference', [BASE], [BASE.slice(0, 2), BASE.slice(2)], []],
  ['a whiteout removes a file', [BASE], [BASE, [text('d/.wh.one', '')]], ['- /d/one  1 B']],
  ['a whiteout of what is not there removes nothing', [BASE], [BASE, [text('.wh.none', '')]], []],
  [
    'a whiteout removes a folder with all that is in it',
    [BASE],
    [BASE, [text('.wh.d', '')]],
    ['- /d', '- /d/one  1 B', '- /d/two  1 B'],
  ],
  [
    'an opaque folder keeps what its own layer has in it, whatever comes first',
    [BASE],
    [BASE, [text('d/one', '1'), text('d/new', 'n'), text('d/.wh..wh..opq', '')]],
    ['+ /d/new  1 B', '- /d/two  1 B'],
  ],
  [
    'a whiteout does not remove what its own layer has',
    [BASE],
    [BASE, [text('m', 'n'), text('.wh.m', '')]],
    ['~ /m  1 B, other bytes'],
  ],
  [
    'a file in the place of a folder removes what was in it',
    [BASE],
    [BASE, [text('d', 'x')]],
    ['~ /d  directory -> file', '- /d/one  1 B', '- /d/two  1 B'],
  ],
  [
    'a mode and an owner are named',
    [[text('m', 'm', { mode: 0o644 })]],
    [[text('m', 'm', { mode: 0o4755, uid: 1000, gid: 100 })]],
    ['~ /m  mode 0644 -> 4755, owner 0:0 -> 1000:100'],
  ],
  ['a link target is named', [[link('s', 'a')]], [[link('s', 'b')]], ['~ /s  target a -> b']],
  [
    'of two names of one file either may be the first',
    [[text('m', 'm'), link('n', 'm', 'link')]],
    [[text('n', 'm'), link('m', './n', 'link')]],
    [],
  ],
] as const) {
  test(`diff --files: ${what}`, async (t) => {
    t.deepEqual((await compare(t, first, second)).lines, [...lines]);
  });
}

test('diff --files --json names what differs of a path', async (t) => {
  const { files } = await compare(t, [[text('m', '1')]], [[text('m', '2', { mode: 0o600 })]]);
  t.deepEqual(files, [
    {
      path: 'm',
      change: 'changed',
      firstSize: 1,
      secondSize: 1,
      differences: [
        { field: 'content', first: digestOf('1'), second: digestOf('2') },
        { field: 'mode', first: '0644', second: '0600' },
      ],
    },
  ]);
});
