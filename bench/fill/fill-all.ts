import type { Contender } from '../contenders/contender.ts';
import type { Content } from '../content.ts';
import { chosenItems } from '../items/chosen.ts';
import { settleDisk } from '../machine.ts';
import type { BenchOptions } from '../options.ts';

/** How the contenders are filled. */
type FillOptions = Pick<BenchOptions, 'only'> & { readonly say: (text: string) => void };

/** Fills each root once with what the chosen items need; contenders that share a root have the same content. */
export async function fillAll(contenders: readonly Contender[], content: Content, options: FillOptions): Promise<void> {
  const items = chosenItems(options);
  const needs = (id: string): boolean => items.some((item) => item.id.startsWith(id));
  const { scale, referrers } = content;
  const { few, some, many } = scale.tags;
  const wanted = {
    ...content,
    referrers: needs('referrers') ? referrers : [],
    scale: {
      ...scale,
      tags: {
        few: needs('tags-few') ? few : 0,
        some: needs('tags-all') || needs('tags-page') ? some : 0,
        many: needs('tags-many') ? many : 0,
      },
      repositories: needs('catalog') ? scale.repositories : 0,
    },
  };
  for (const contender of new Map(contenders.map((each) => [each.root, each])).values()) {
    options.say(`filling ${contender.name} …`);
    await contender.fill(wanted);
  }
  await settleDisk();
}
