/** Files that a project knows and that are not here: found again among those that a person shows. */
import { type FoundFile, nameOf } from './found_files.ts';
import { allImages, bringFiles, type CellImage, sizeOf } from './images.ts';
import { runState } from './progress.ts';
import { sumOf } from './project_files.ts';
import { run } from './run.ts';

/** Takes the files that the project waits for. Returns: those that it does not know. */
export async function bringBack(files: readonly FoundFile[]): Promise<FoundFile[]> {
  const waiting = new Waiting(allImages());
  if (waiting.count === 0) return [...files];
  const found = new Map<number, File>();
  const others: FoundFile[] = [];
  for (const one of files) {
    const position = await waiting.take(one);
    if (position !== undefined) found.set(position, one.file);
    else if (!waiting.isHere(one)) others.push(one);
  }
  if (found.size > 0) {
    bringFiles(found);
    if (runState.value !== 'running') void run();
  }
  return others;
}

/** By size and sum where there is a sum, else by size and name, or by name where the size is not known; a folder may have another name now. */
class Waiting {
  /** Positions of the files that are away, by their size, 0 where it is not known. */
  readonly #bySize = new Map<number, Set<number>>();
  /** Of those without a size, by their own name. */
  readonly #byName = new Map<string, Set<number>>();
  /** Files that are here, by path. */
  readonly #here = new Map<string, CellImage>();
  readonly #images: readonly CellImage[];
  count = 0;

  constructor(images: readonly CellImage[]) {
    this.#images = images;
    images.forEach((image, position) => {
      if (image.file) this.#here.set(image.path, image);
      if (!image.away) return;
      this.count += 1;
      if (image.away.sizeBytes > 0) put(this.#bySize, image.away.sizeBytes, position);
      else put(this.#byName, nameOf(image.path), position);
    });
  }

  /** Its position; it is not waited for any more. */
  async take(one: FoundFile): Promise<number | undefined> {
    const named = this.#named(one);
    const position = named ?? (this.#bySize.size > 0 ? await this.#alike(one) : undefined);
    if (position === undefined) return undefined;
    this.count -= 1;
    this.#bySize.get(one.file.size)?.delete(position);
    this.#byName.get(nameOf(one.path))?.delete(position);
    return position;
  }

  /** Where the project is shown its folder again, those that are not away are in it too. */
  isHere({ file, path }: FoundFile): boolean {
    const image = this.#here.get(path);
    return image !== undefined && sizeOf(image) === file.size;
  }

  /** Of several with one name, that of the same path; else the only one. */
  #named({ path }: FoundFile): number | undefined {
    const positions = [...(this.#byName.get(nameOf(path)) ?? [])];
    return positions.find((position) => this.#images[position]?.path === path) ?? (positions.length === 1 ? positions[0] : undefined);
  }

  async #alike({ file, path }: FoundFile): Promise<number | undefined> {
    const alike = [...(this.#bySize.get(file.size) ?? [])].flatMap((position): [number, CellImage & Required<Pick<CellImage, 'away'>>][] => {
      const image = this.#images[position];
      return image?.away ? [[position, { ...image, away: image.away }]] : [];
    });
    if (alike.length === 0) return undefined;
    const named = alike.filter(([, image]) => nameOf(image.path) === nameOf(path));
    const sum = alike.some(([, { away }]) => away.sha256 !== null) ? await sumOf(file) : null;
    const same = ([, { away }]: (typeof alike)[number]): boolean => away.sha256 === null || sum === null || away.sha256 === sum;
    return (named.find(same) ?? alike.find(([, { away }]) => sum !== null && away.sha256 === sum))?.[0];
  }
}

function put<Key>(map: Map<Key, Set<number>>, key: Key, position: number): void {
  map.set(key, (map.get(key) ?? new Set()).add(position));
}
