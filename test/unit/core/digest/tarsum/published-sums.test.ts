import { sha256 } from '../../../../../core/digest/algorithms/sha256.ts';
import type { Generation } from '../../../../../core/digest/tarsum/entry-fields.ts';
import { TarsumHash } from '../../../../../core/digest/tarsum/tarsum-hash.ts';
import type { TarsumVersion } from '../../../../../core/digest/tarsum/tarsum-label.ts';
import { testsWithVectors, vector } from '../../../../helpers/content/published-vectors.ts';

const test = testsWithVectors();
const SHA256 = { startHash: sha256.createHash, sumBytes: 32 };

const IMAGE = '46af0962ab5afeb5ce6740d4d91652e69206fc991fd5328c1a94d364ad00e457';
const SCRATCH = '511136ea3c5a64f264b78b5433614aec563103b4d4702f3ba7d4d2698e22c158';

/** Sums of a layer after the JSON of its image. */
const LAYERS: ReadonlyArray<readonly [string, string, TarsumVersion, string]> = [
  ['tarsum-2015-01', IMAGE, '', 'e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b'],
  ['tarsum-2015-01', IMAGE, 'dev', '486b86e25c4db4551228154848bc4663b15dd95784b1588980f4ba1cb42e83e9'],
  ['tarsum-2015-01', IMAGE, 'v1', '486b86e25c4db4551228154848bc4663b15dd95784b1588980f4ba1cb42e83e9'],
  ['tarsum-2015-01', 'xattr', '', 'e86f81a4d552f13039b1396ed03ca968ea9717581f9577ef1876ea6ff9b38c98'],
  ['tarsum-2015-01', 'xattr', 'dev', '6235cd3a2afb7501bac541772a3d61a3634e95bc90bb39a4676e2cb98d08390d'],
  ['tarsum-2015-01', SCRATCH, '', 'ac672ee85da9ab7f9667ae3c32841d3e42f33cc52c273c23341dabba1c8b0c8b'],
  ['tarsum', IMAGE, '', '4095cc12fa5fdb1ab2760377e1cd0c4ecdd3e61b4f9b82319d96fcea6c9a41c6'],
  ['tarsum', IMAGE, 'dev', 'db56e35eec6ce65ba1588c20ba6b1ea23743b59e81fb6b7f358ccbde5580345c'],
  ['tarsum', 'xattr', '', '07e304a8dbcb215b37649fde1a699f8aeea47e60815707f1cdf4d55d25ff6ab4'],
  ['tarsum', 'xattr', 'dev', '6c58917892d77b3b357b0f9ad1e28e1f4ae4de3a8006bd3beb8beda214d8fd16'],
  ['tarsum', SCRATCH, '', 'c66bd5ec9f87b8f4c6135ca37684618f486a3dd1d113b138d0a177bfa39c2571'],
];

/** The sums of archives whose entries have an owner: with its name, and without. */
const COLLISIONS: ReadonlyArray<readonly [number, string, string]> = [
  [
    0,
    '08653904a68d3ab5c59e65ef58c49c1581caa3c34744f8d354b3f575ea04424a',
    '7cabb5e9128bb4a93ff867b9464d7c66a644ae51ea2e90e6ef313f3bef93f077',
  ],
  [
    1,
    'b51c13fbefe158b5ce420d2b930eef54c5cd55c50a2ee4abdddea8fa9f081e0d',
    '805fd393cfd58900b10c5636cf9bab48b2406d9b66523122f2352620c85dc7f9',
  ],
  [
    2,
    '381547080919bb82691e995508ae20ed33ce0f6948d41cafbeb70ce20c73ee8e',
    '85d2b8389f077659d78aca898f9e632ed9161f553f144aef100648eac540147b',
  ],
  [
    3,
    'f886e431c08143164a676805205979cd8fa535dfcef714db5515650eea5a7c0f',
    'cbe4dee79fe979d69c16c2bccd032e3205716a562f4a3c1ca1cbeed7b256eb19',
  ],
];

for (const [folder, name, version, sum] of LAYERS) {
  test(`${folder}/${name.slice(0, 8)} has its published sum of version ${version || '0'}`, async (t) => {
    const extra = await vector(`${folder}/${name}/json`);
    const hash = new TarsumHash({ ...SHA256, version, generation: 'era', extra });
    hash.update(await vector(`${folder}/${name}/layer.tar`));
    t.is(hash.digest(), sum);
    t.true(hash.matches(sum));
  });
}

for (const [number, era, blank] of COLLISIONS) {
  test(`collision-${number}.tar has its published sums with and without the names of owners`, async (t) => {
    for (const [generation, sum] of Object.entries({ era, blank }) as [Generation, string][]) {
      const hash = new TarsumHash({ ...SHA256, version: '', generation });
      hash.update(await vector(`tarsum/collision/collision-${number}.tar`));
      t.is(hash.digest(), sum);
      t.true(hash.matches(sum));
      t.false(hash.matches('0'.repeat(64)));
    }
  });
}
