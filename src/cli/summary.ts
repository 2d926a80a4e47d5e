/** What many results come to: counts that add up, so that shards together give what one run gives. */
import { researchNote, schemaNames, wilsonInterval } from '../js/index.ts';
import { UsageError } from './exit.ts';
import type { FlatRow } from './parquet.ts';

/** What all rows that are counted together must say alike. */
const alike = ['schema', 'model', 'model_author', 'model_spec_sha256', 'unsure_below', 'image_scale', 'types', 'second_model'] as const;
const verdicts = ['type', 'unsure', 'foreign', 'quality'] as const;

type Counts = Map<string, number>;
interface Share { count: number; of: number; share: number | null; interval: [number, number] }

const sixDecimals = (value: number): number => Number(value.toFixed(6));
const add = (counts: Counts, key: string, by = 1): void => void counts.set(key, (counts.get(key) ?? 0) + by);
const shareOf = (count: number, of: number): Share => ({ count, of, share: of > 0 ? sixDecimals(count / of) : null, interval: wilsonInterval(count, of).map(sixDecimals) as [number, number] });
const sorted = (counts: Counts): Record<string, number> => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Counts alone are kept of rows, whole numbers all of them, in which order has no part. */
export class Summary {
  #said: Record<string, string> | undefined;
  #from = '';
  #images = { given: 0, read: 0, damaged: 0 };
  #foreignSet = { rows: 0, of: 0 };
  #selfTests = new Set<string>();
  readonly #unread: Counts = new Map();
  readonly #verdicts: Counts = new Map();
  readonly #quality: Counts = new Map();
  readonly #named: Counts = new Map();
  readonly #mostLike: Counts = new Map();
  /** Of probabilities, in millionths. */
  readonly #mass: Counts = new Map();
  readonly #checks: Counts = new Map();
  #found = 0;
  #cells = 0;

  /**
   * Args:
   *   from: the file that the row stands in.
   * Raises: UsageError where it is by another model, or was judged otherwise, than those before.
   */
  add(row: FlatRow, from: string): void {
    this.#compare(row, from);
    this.#selfTests.add(String(row['self_test']));
    this.#foreignSet.of += 1;
    if (row['foreign_set'] === true) this.#foreignSet.rows += 1;
    const isFrames = 'frame' in row;
    const isNew = !isFrames || Number(row['cell'] ?? 1) === 1;
    if (isNew) this.#images.given += 1;
    if (row['status'] === 'error') return add(this.#unread, String(row['error_code']));
    if (isNew) {
      this.#images.read += 1;
      if (row['damaged'] === true) this.#images.damaged += 1;
    }
    if (row['status'] === 'no_cells') return;
    this.#found += 1;
    if (row['status'] === 'ok') this.#count(row);
  }

  #compare(row: FlatRow, from: string): void {
    const said = Object.fromEntries(alike.map((name) => [name, String(row[name] ?? '')]));
    // An image that was not read was asked about by no second model.
    if (this.#said === undefined || (this.#said['second_model'] === '' && row['status'] === 'ok' && this.#cells === 0)) [this.#said, this.#from] = [said, from];
    const other = alike.find((name) => said[name] !== this.#said?.[name] && (name !== 'second_model' || row['status'] === 'ok'));
    if (other === undefined) return;
    const hint = other === 'unsure_below' ? ' Sets were judged apart: shards of one list (--shard) are judged together, and --max-error sets one threshold for all.' : '';
    throw new UsageError(`${from} says ${other} "${said[other]}", ${this.#from} "${this.#said[other]}": these are not results of one kind.${hint}`);
  }

  #count(row: FlatRow): void {
    this.#cells += 1;
    const verdict = String(row['verdict']);
    add(this.#verdicts, verdict);
    for (const flag of String(row['quality'] ?? '').split(' ').filter(Boolean)) add(this.#quality, flag);
    if (verdict === 'type') add(this.#named, String(row['type']));
    add(this.#mostLike, String(row['most_like']));
    for (const [name, value] of Object.entries(row)) if (name.startsWith('p_')) add(this.#mass, name.slice(2), Math.round(Number(value) * 1e6));
    for (const [name, word] of [['turns_disagree', 'turns_disagree'], ['second_agree', 'second_agree']] as const) {
      if (typeof row[name] === 'boolean') { add(this.#checks, `${word}_of`); if (row[name]) add(this.#checks, word); }
    }
    if (typeof row['map_explains'] === 'string') add(this.#checks, `map_explains_${row['map_explains']}`);
  }

  /** As a document. Args: outputs: how many files the rows stood in. */
  document(outputs: number): SummaryDocument {
    const named = this.#verdicts.get('type') ?? 0;
    const said = this.#said ?? {};
    const orNull = (name: string): string | null => said[name] || null;
    return {
      schema: schemaNames.summary, note: researchNote, outputs, of: said['schema']?.startsWith('cytodrop/frames/') ? 'frames' : 'cells',
      model: orNull('model'), model_author: orNull('model_author'), model_spec_sha256: orNull('model_spec_sha256'), second_model: orNull('second_model'),
      settings: { unsure_below: said['unsure_below'] ? Number(said['unsure_below']) : null, image_scale: Number(said['image_scale'] || 1), types: said['types'] ? said['types'].split(' ') : null },
      self_test: this.#selfTests.size === 1 ? [...this.#selfTests][0] as string : this.#selfTests.size === 0 ? 'not run' : 'failed',
      set: { foreign: this.#foreignSet.rows > 0, rows_of_foreign_sets: this.#foreignSet.rows, rows: this.#foreignSet.of },
      images: { ...this.#images, unread: this.#images.given - this.#images.read, unread_by_code: sorted(this.#unread) },
      cells: { found: this.#found, classified: this.#cells },
      verdicts: Object.fromEntries(verdicts.map((verdict) => [verdict, shareOf(this.#verdicts.get(verdict) ?? 0, this.#cells)])),
      quality: sorted(this.#quality),
      types: [...this.#mass.keys()].map((id) => ({ id, named: shareOf(this.#named.get(id) ?? 0, named), most_like: this.#mostLike.get(id) ?? 0, mean_probability: this.#cells > 0 ? sixDecimals((this.#mass.get(id) ?? 0) / 1e6 / this.#cells) : null })),
      checks: sorted(this.#checks),
    };
  }
}

export interface SummaryDocument {
  schema: string;
  note: string;
  outputs: number;
  of: 'cells' | 'frames';
  model: string | null;
  model_author: string | null;
  model_spec_sha256: string | null;
  second_model: string | null;
  settings: { unsure_below: number | null; image_scale: number; types: string[] | null };
  self_test: string;
  set: { foreign: boolean; rows_of_foreign_sets: number; rows: number };
  images: { given: number; read: number; damaged: number; unread: number; unread_by_code: Record<string, number> };
  cells: { found: number; classified: number };
  verdicts: Record<string, Share>;
  quality: Record<string, number>;
  /** Shares among the cells that were named. */
  types: { id: string; named: Share; most_like: number; mean_probability: number | null }[];
  checks: Record<string, number>;
}

/** The same for a person to read. */
export function summaryText({ model, images, cells, verdicts: judged, types, set, quality, outputs, note, self_test: selfTest, settings }: SummaryDocument): string {
  const percent = ({ share, interval: [low, high] }: Share): string => (share === null ? '–' : `${(100 * share).toFixed(1)} % (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)} %)`);
  const counts = (of: Record<string, number>): string => Object.entries(of).map(([name, count]) => `${name} ${count}`).join(', ');
  const words: Record<string, string> = { type: 'named', unsure: 'unsure', foreign: 'not like the training images', quality: 'of poor quality' };
  const width = Math.max(8, ...types.map(({ id }) => id.length));
  return [
    `${model ?? 'no model'}, ${outputs} ${outputs === 1 ? 'file' : 'files'}, self-test ${selfTest}, unsure below ${settings.unsure_below ?? '–'}`,
    `${images.given} images, ${images.unread} not read${images.unread > 0 ? ` (${counts(images.unread_by_code)})` : ''}${images.damaged > 0 ? `, ${images.damaged} damaged` : ''}; ${cells.found} cells, ${cells.classified} classified`,
    ...(set.foreign ? ['These images differ from those that the model learned from: its probabilities do not hold for them.'] : []), '',
    ...verdicts.map((verdict) => `${(words[verdict] ?? verdict).padEnd(30)} ${String(judged[verdict]?.count ?? 0).padStart(9)}  ${percent(judged[verdict] as Share)}`),
    ...(Object.keys(quality).length > 0 ? [`  ${counts(quality)}`] : []), '',
    'Of those named, with intervals of 95 %:', ...types.map(({ id, named }) => `${id.padEnd(width)} ${String(named.count).padStart(9)}  ${percent(named)}`), '', `${note}.`, '',
  ].join('\n');
}
