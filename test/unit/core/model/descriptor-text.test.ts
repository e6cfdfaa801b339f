import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { Descriptor } from '../../../../core/model/descriptor.ts';
import { descriptorText } from '../../../../core/model/descriptor-text.ts';

test('the text of a descriptor is its JSON, each time', (t) => {
  const descriptor: Descriptor = {
    mediaType: 'test/"quoted"',
    digest: digestOf(Buffer.from('é')),
    size: 2,
    annotations: { ключ: '\u2028', empty: '' },
  };
  const text = JSON.stringify(descriptor);
  t.is(descriptorText(descriptor), text);
  t.is(descriptorText(descriptor), text);
  t.is(descriptorText({ ...descriptor, size: 3 }), text.replace('"size":2', '"size":3'));
});
