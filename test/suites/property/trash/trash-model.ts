/** An image, by its number. */
export type Image = number;

/** A deletion as the model keeps it. Times are hours. */
export interface ModelDeletion {
  readonly kind: 'tag' | 'manifest';
  readonly image: Image;
  tags: readonly string[];
  readonly at: number;
  readonly change?: number | undefined;
}

/** What must be there after an undelete, and in which order it is looked for. */
interface Wanted {
  readonly image: Image;
  readonly tags: readonly string[];
}

/** A repository and its trash, as a user would describe them. */
export class TrashModel {
  readonly keepHours: number;
  now = 0;
  readonly images = new Set<Image>();
  readonly tags = new Map<string, Image>();
  #deletions: ModelDeletion[] = [];
  #changes = 0;

  constructor(keepHours: number) {
    this.keepHours = keepHours;
  }

  push(image: Image, tag: string): void {
    this.images.add(image);
    this.tags.set(tag, image);
  }

  deleteTag(tag: string): boolean {
    const image = this.tags.get(tag);
    if (image === undefined) return false;
    this.#deletions.push({ kind: 'tag', image, tags: [tag], at: this.now });
    return this.tags.delete(tag);
  }

  deleteManifest(image: Image): boolean {
    if (!this.images.delete(image)) return false;
    const tags = [...this.tags].flatMap(([tag, target]) => (target === image ? [tag] : []));
    for (const tag of tags) this.tags.delete(tag);
    this.#deletions.push({ kind: 'manifest', image, tags, at: this.now });
    return true;
  }

  deleteRepository(): boolean {
    if (this.images.size === 0) return false;
    const change = (this.#changes += 1);
    for (const [tag, image] of this.tags)
      this.#deletions.push({ kind: 'tag', image, tags: [tag], at: this.now, change });
    for (const image of this.images) this.#deletions.push({ kind: 'manifest', image, tags: [], at: this.now, change });
    this.tags.clear();
    this.images.clear();
    return true;
  }

  /** A collection has removed a manifest without a tag. */
  collected(image: Image): void {
    this.images.delete(image);
    this.#deletions.push({ kind: 'manifest', image, tags: [], at: this.now });
  }

  /** What a collection removes from the trash. */
  expire(): void {
    this.#deletions = this.#deletions.filter(({ at }) => this.now - at < this.keepHours);
  }

  empty(): void {
    this.#deletions = [];
  }

  wantedByTag(tag: string): Wanted | undefined {
    const found = this.#deletions.findLast(({ tags }) => tags.includes(tag));
    return found && { image: found.image, tags: [tag] };
  }

  wantedByImage(image: Image): Wanted | undefined {
    const newest = this.#latest(image);
    if (newest === undefined) return undefined;
    const tags = this.#deletions.flatMap((each) => {
      if (each.image !== image) return [];
      const isTogether = each.kind === 'tag' && each.change !== undefined && each.change === newest.change;
      return isTogether || each.at >= newest.at ? each.tags : [];
    });
    return { image, tags: [...new Set(tags)] };
  }

  /** Whether a tag would have to be taken from another image. */
  takes({ image, tags }: Wanted): boolean {
    return tags.some((tag) => this.tags.has(tag) && this.tags.get(tag) !== image);
  }

  /** @param children the images that an index lists */
  restore({ image, tags }: Wanted, children: (image: Image) => readonly Image[]): void {
    const back = new Set<Image>();
    const bringBack = (each: Image): void => {
      for (const child of children(each))
        if (this.#latest(child) !== undefined && !this.images.has(child)) bringBack(child);
      back.add(each);
      this.images.add(each);
    };
    bringBack(image);
    for (const tag of tags) this.tags.set(tag, image);
    this.#deletions = this.#deletions.filter((each) => {
      if (!back.has(each.image)) return true;
      const left = each.tags.filter((tag) => !tags.includes(tag));
      if (each.kind === 'manifest') each.tags = left;
      return left.length > 0;
    });
  }

  /** What the last delete of the repository has removed, and is still in the trash of it. */
  lastDelete(): readonly ModelDeletion[] {
    const change = this.#deletions.findLast((each) => each.change !== undefined)?.change;
    return change === undefined ? [] : this.#deletions.filter((each) => each.change === change);
  }

  /** @param children the images that an index lists */
  restoreRepository(deletions: readonly ModelDeletion[], children: (image: Image) => readonly Image[]): void {
    const ensure = (image: Image): void => {
      if (this.#latest(image) === undefined) return;
      this.images.add(image);
      for (const child of children(image)) if (!this.images.has(child)) ensure(child);
    };
    const isManifest = ({ kind }: ModelDeletion): boolean => kind === 'manifest';
    for (const { image } of deletions.filter(isManifest)) ensure(image);
    for (const { image } of deletions) if (!this.images.has(image)) ensure(image);
    for (const { image, tags } of deletions) for (const tag of tags) this.tags.set(tag, image);
    this.#deletions = this.#deletions.filter((each) => !deletions.includes(each));
  }

  #latest(image: Image): ModelDeletion | undefined {
    return this.#deletions.findLast((each) => each.kind === 'manifest' && each.image === image);
  }
}
