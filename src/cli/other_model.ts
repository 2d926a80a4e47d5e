/** Says which other model knows the images that the one asked for does not. */
import { type CellVerdict, type ImageFacts, isMisfit, listModels, type ModelSpec, type SeenImage, whichModel } from '../js/index.ts';
import { warn } from './output.ts';

/** Images that the others may be asked about, the first ones. */
const mostRemembered = 100;
/** Cells by which it is told whether most were refused, the first ones: of a million more are not kept. */
const mostCells = 10_000;

type Judged = Pick<CellVerdict, 'quality' | 'foreign'>;
/** What is read of a result, of an image of one cell or of a frame. */
type Result = { path?: string; status: string } & (({ image: ImageFacts } & Judged) | { facts: { image: ImageFacts }; cells: { verdict?: Judged }[] } | object);

/** Watches results go by, and asks the other models at the end where most cells were refused. */
export class OtherModel {
  readonly #cells: Judged[] = [];
  readonly #seen: SeenImage[] = [];

  async *watch<Each extends { status: string }>(results: AsyncIterable<Each>): AsyncGenerator<Each, void, undefined> {
    for await (const result of results) {
      this.#note(result);
      yield result;
    }
  }

  /** One line where a model fits, or none of all does; nothing where the images suit the model in use. */
  async tell({ name, title }: Pick<ModelSpec, 'name' | 'title'>, signal: AbortSignal): Promise<void> {
    if (signal.aborted || !isMisfit(this.#cells)) return;
    try {
      const others = (await listModels()).filter((model) => model.name !== name);
      const { fits, answers, unasked } = await whichModel(this.#seen, others, { signal });
      const fitting = others.find((model) => model.name === fits?.name);
      const most = `Most cells are not like those of “${title}”`;
      if (fits && fitting) warn(`${most}; the images look like those of “${fitting.spec.title}”: --model ${fits.name}${fits.askedAs === 'frames' ? ' --detect' : ''}`);
      else if (unasked.length === 0 && !answers.some((answer) => answer.fits)) warn(`${most}, nor like those of any other model here.`);
    } catch {
      // The results are written; without the other models there is no more to say.
    }
  }

  #note(result: Result): void {
    if (result.path === undefined) return;
    if ('quality' in result) this.#remember(result.path, result.image, [result]);
    else if ('cells' in result) this.#remember(result.path, result.facts.image, result.cells.flatMap(({ verdict }) => verdict ?? []));
  }

  #remember(source: string, facts: ImageFacts, cells: readonly Judged[]): void {
    for (const { quality, foreign } of cells) if (this.#cells.length < mostCells) this.#cells.push({ quality, foreign });
    if (this.#seen.length < mostRemembered) this.#seen.push({ source, facts });
  }
}
