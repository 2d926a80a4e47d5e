/** What of the page is kept of a project, as rows of the database, and the way back. */
import { batch, signal } from '@preact/signals';
import { appVersion, type CellRecord, type ProjectFrame, type ProjectHead, projectSchema, type ProjectSettings, type Review } from '../../src/js/index.ts';
import { takeTouched, touch, type Touched } from './changes.ts';
import { nameOf } from './found_files.ts';
import { frameAsKept, handOptions, naming, restoreFrames, setHand } from './frame_store.ts';
import { restoreSteps, type Step, stepAt, whereInSteps } from './history.ts';
import { allImages, type CellImage, cells, era, type FileMark, flush, recordsAsKept, restoreImages } from './images.ts';
import { leftOut } from './left_out.ts';
import { mode } from './mode.ts';
import { checkTurns, imageScale, modelState, secondName, spec, types, unsureBelow } from './models.ts';
import { placeNow, restorePlace } from './place.ts';
import type { KeptFiles, KeptImage, ProjectStore, Row } from './project_store.ts';
import { taken } from './repeated.ts';
import { allReviews, restoreReviews } from './review_store.ts';
import { sample } from './worklist.ts';

/** The open project as it is called. */
export type ProjectName = Pick<ProjectHead, 'id' | 'name' | 'createdAtMs'>;

/** Files of the open project that did not fit, by position: their results are kept, they are not. */
export const unfit = signal<ReadonlySet<number>>(new Set());

/** Of one row. */
const recordsInRow = 64;
const reviewsInRow = 256;

function chunksOf(touched: ReadonlySet<number>, size: number): number[] {
  return [...new Set([...touched].map((index) => Math.floor(index / size)))];
}

/** Rows of what was touched, files apart; a row without a value is to be deleted. */
export function rowsOf(touched: Touched): Row[] {
  const records = recordsAsKept();
  const reviewRows = (of: 'cells' | 'fields'): Row[] => {
    const byChunk = new Map<number, [number, Review][]>(chunksOf(touched[of], reviewsInRow).map((chunk) => [chunk, []]));
    if (byChunk.size > 0) for (const entry of allReviews(of)) byChunk.get(Math.floor(entry[0] / reviewsInRow))?.push(entry);
    return [...byChunk].map(([chunk, some]) => ({ table: of, number: chunk, value: some.length > 0 ? some : undefined }));
  };
  return [
    ...chunksOf(touched.records, recordsInRow).map((chunk): Row => {
      const some = records.slice(chunk * recordsInRow, (chunk + 1) * recordsInRow);
      return { table: 'records', number: chunk, value: some.some((record) => record !== undefined) ? some : undefined };
    }),
    ...[...touched.frames].map((frame): Row => ({ table: 'frames', number: frame, value: frameAsKept(frame) })),
    ...reviewRows('cells'), ...reviewRows('fields'),
    ...[...touched.steps].map((number): Row => ({ table: 'steps', number, value: stepAt(number) })),
  ];
}

/** Files to keep, as they are at this moment. `number`: position of the first. */
export interface FileBatch { table: 'files' | 'files_again'; number: number; images: { path: string; intended: string | null; file: File | null; away: FileMark | undefined }[] }

/** Positions below it have their row. */
let writtenBelow = 0;

/** So many files, or bytes, in one row. */
const filesInRow = 256;
const bytesInRow = 32 * 1024 * 1024;

/** Files that came, some to a row; a file that is here again after it was away has a row of its own. */
export function fileBatches(touched: Touched): FileBatch[] {
  const all = allImages();
  const of = (position: number): FileBatch['images'] => {
    const image = all[position];
    return image ? [{ path: image.path, intended: image.intended, file: image.file, away: image.away }] : [];
  };
  const again = [...touched.files].filter((position) => position < writtenBelow).map((number): FileBatch => ({ table: 'files_again', number, images: of(number) }));
  const batches: FileBatch[] = [];
  let bytes = Infinity;
  for (; writtenBelow < all.length; writtenBelow++) {
    const last = batches.at(-1);
    const size = all[writtenBelow]?.file?.size ?? 0;
    if (!last || last.images.length >= filesInRow || bytes + size > bytesInRow) {
      batches.push({ table: 'files', number: writtenBelow, images: of(writtenBelow) });
      bytes = size;
    } else {
      last.images.push(...of(writtenBelow));
      bytes += size;
    }
  }
  return [...again, ...batches];
}

/** The row of a batch. Args: sums: of files that do not fit, in their order; null: all fit. */
export function rowOfFiles({ table, number, images }: FileBatch, sums: (string | null)[] | null): Row {
  let offset = 0;
  const kept = images.map(({ path, intended, file, away }, i): KeptImage => {
    const at = file && !sums ? offset : null;
    offset += file && !sums ? file.size : 0;
    return {
      path, intended, type: file?.type ?? '', lastModified: file?.lastModified ?? 0, sizeBytes: file?.size ?? away?.sizeBytes ?? 0, sha256: sums?.[i] ?? away?.sha256 ?? null, offset: at,
    };
  });
  return { table, number, value: { images: kept, bytes: offset > 0 ? new Blob(images.flatMap(({ file }) => file ?? [])) : null } satisfies KeptFiles };
}

function imagesOf(rows: ReadonlyMap<number, unknown>): Map<number, CellImage> {
  const found = new Map<number, CellImage>();
  for (const [number, value] of rows) {
    const { images, bytes } = value as KeptFiles;
    images.forEach(({ path, intended, type, lastModified, sizeBytes, sha256, offset }, i) => {
      found.set(number + i, bytes && offset !== null ? { file: new File([bytes.slice(offset, offset + sizeBytes)], nameOf(path), { type, lastModified }), path, intended } : { file: null, path, intended, away: { sizeBytes, sha256 } });
    });
  }
  return found;
}

/** Every file has its row. */
export function allWritten(): void {
  writtenBelow = allImages().length;
}

/** Every file is still to be kept. */
export function forgetWritten(): void {
  writtenBelow = 0;
}

export function settingsNow(): ProjectSettings {
  return {
    mode: mode.value, naming: naming.value, imageScale: imageScale.value, unsureBelow: unsureBelow.value, types: types.value, checkTurns: checkTurns.value, secondModel: secondName.value, hand: handOptions.value,
    leftOut: [...leftOut.value], taken: [...taken.value], sample: sample.value,
  };
}

export function headNow(own: ProjectName): ProjectHead {
  const [model, state] = [spec.value, modelState.value];
  const runtime = state.phase === 'ready' ? state.runtime : null;
  return {
    schema: projectSchema, ...own, changedAtMs: Date.now(), cytodrop: appVersion,
    model: model && { name: model.name, version: model.version, specSha256: runtime?.specSha256 ?? null }, runtime,
    settings: settingsNow(), place: { ...placeNow(), steps: whereInSteps() },
    counts: {
      images: allImages().length, cells: cells.value.length, reviewed: [...allReviews().values()].filter(({ first }) => first).length,
      bytes: allImages().reduce((sum, { file, away }) => sum + (file?.size ?? away?.sizeBytes ?? 0), 0),
    },
  };
}

/** Marks everything on the page as not yet kept. */
export function touchAll(): void {
  forgetWritten();
  allImages().forEach((_, i) => { touch('files', i); touch('frames', i); touch('records', i); });
  for (const which of ['cells', 'fields'] as const) for (const index of allReviews(which).keys()) touch(which, index);
  const { first, end } = whereInSteps();
  for (let i = first; i < end; i++) touch('steps', i);
}

/** Everything of a project at once, from the database or from a file. */
export interface Restored {
  head: ProjectHead;
  images: CellImage[];
  records: (CellRecord | undefined)[];
  frames: (ProjectFrame | undefined)[];
  reviews: { cells: [number, Review][]; fields: [number, Review][] };
  steps: { steps: Step[]; first: number; place: number };
}

function listOf<Value>(rows: ReadonlyMap<number, unknown>, inRow: number): (Value | undefined)[] {
  const all: (Value | undefined)[] = [];
  for (const [number, value] of rows) (inRow === 1 ? [value] : value as unknown[]).forEach((one, i) => { all[number * inRow + i] = one as Value; });
  return Array.from(all);
}

/** Reads all rows of a project. */
export async function readRows(store: ProjectStore, head: ProjectHead): Promise<Restored> {
  const read = (table: string): Promise<Map<number, unknown>> => store.table(head.id, table);
  const [files, filesAgain, records, frames, forCells, forFields, steps] = await Promise.all([read('files'), read('files_again'), read('records'), read('frames'), read('cells'), read('fields'), read('steps')]);
  const known = new Map([...imagesOf(files), ...imagesOf(filesAgain)]);
  const images = Array.from({ length: [...known.keys()].reduce((most, position) => Math.max(most, position + 1), 0) }, (_, i): CellImage => known.get(i) ?? { file: null, path: '', intended: null });
  const { first = 0, end = 0, place = 0 } = (head.place['steps'] as { first?: number; end?: number; place?: number } | undefined) ?? {};
  const some = Array.from({ length: end - first }, (_, i) => steps.get(first + i) as Step | undefined);
  return {
    head, images, records: listOf<CellRecord>(records, recordsInRow), frames: listOf<ProjectFrame>(frames, 1),
    reviews: { cells: [...forCells.values()].flat() as [number, Review][], fields: [...forFields.values()].flat() as [number, Review][] },
    // A step that is missing makes those before it unsafe too.
    steps: some.every((step) => step !== undefined) ? { steps: some as Step[], first, place } : { steps: [], first: 0, place: 0 },
  };
}

/** Settings that stand before a model is chosen. */
export function putSettings({ settings }: ProjectHead): void {
  batch(() => {
    mode.value = settings.mode;
    naming.value = settings.naming;
    checkTurns.value = settings.checkTurns;
    setHand(settings.hand);
  });
}

/** Puts a project on the page. Args: isSame: the model in use is the one that the results are by; else they are computed anew. */
export function putRestored({ head, images, records, frames, reviews, steps }: Restored, isSame: boolean): void {
  const withoutVerdicts = frames.map((frame) => (frame && 'analysis' in frame ? { ...frame, analysis: { ...frame.analysis, cells: frame.analysis.cells.map(({ verdict: _, ...cell }) => cell) } } : frame));
  batch(() => {
    era.value += 1;
    restoreImages(images, isSame ? records : []);
    restoreFrames(isSame ? frames : withoutVerdicts);
    restoreReviews(reviews);
    restoreSteps(steps);
    leftOut.value = new Set(head.settings.leftOut);
    taken.value = new Set(head.settings.taken);
    imageScale.value = head.settings.imageScale;
    unsureBelow.value = head.settings.unsureBelow;
    types.value = head.settings.types;
    sample.value = head.settings.sample;
    unfit.value = new Set(images.flatMap(({ away }, i) => (away ? [i] : [])));
    flush();
  });
  restorePlace(head.place);
  takeTouched();
  allWritten();
}
