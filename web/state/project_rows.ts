/** What of the page is kept of a project, as rows of the database, and the way back. */
import { batch } from '@preact/signals';
import { appVersion, type CellRecord, type ProjectFrame, type ProjectHead, type ProjectLabels, projectSchema, type ProjectSettings, type ProjectTeaching, type Review } from '../../src/js/index.ts';
import { takeTouched, touch, type Touched } from './changes.ts';
import { joinFrames, rowsOfFrame } from './frame_rows.ts';
import { frameAsKept, handOptions, naming, restoreFrames, setHand } from './frame_store.ts';
import { restoreSteps, type Step, stepAt, whereInSteps } from './history.ts';
import { allImages, type CellImage, cells, era, flush, knownSize, recordsAsKept, restoreImages } from './images.ts';
import { table } from './label_table.ts';
import { leftOut } from './left_out.ts';
import { mode } from './mode.ts';
import { checkTurns, imageScale, isOwn, modelState, secondName, spec, types, unsureBelow } from './models.ts';
import { placeNow, restorePlace } from './place.ts';
import { allWritten, forgetWritten, imagesOf, unfit } from './project_files.ts';
import type { ProjectStore, Row } from './project_store.ts';
import { taken } from './repeated.ts';
import { allReviews, restoreReviews } from './review_store.ts';
import { restoreTeaching, teachingAsKept } from './teaching.ts';
import { sample } from './worklist.ts';

/** The open project as it is called. */
export type ProjectName = Pick<ProjectHead, 'id' | 'name' | 'createdAtMs'>;

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
    ...[...touched.frames].flatMap((frame) => rowsOfFrame(frame, frameAsKept(frame))),
    ...reviewRows('cells'), ...reviewRows('fields'),
    ...[...touched.labels].map((number): Row => ({ table: 'labels', number, value: table.value ?? undefined })),
    ...[...touched.teaching].map((number): Row => ({ table: 'teaching', number, value: teachingAsKept() ?? undefined })),
    ...[...touched.steps].map((number): Row => ({ table: 'steps', number, value: stepAt(number) })),
  ];
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
    model: model && { name: model.name, version: model.version, specSha256: runtime?.specSha256 ?? null, ...(isOwn.value && { added: true }) }, runtime,
    settings: settingsNow(), place: { ...placeNow(), steps: whereInSteps() },
    counts: {
      images: allImages().length, cells: cells.value.length, reviewed: [...allReviews().values()].filter(({ first }) => first).length,
      bytes: allImages().reduce((sum, image) => sum + knownSize(image), 0),
    },
  };
}

/** Marks everything on the page as not yet kept. */
export function touchAll(): void {
  forgetWritten();
  allImages().forEach((_, i) => {
    touch('files', i);
    touch('records', i);
    if (frameAsKept(i)) touch('frames', i);
  });
  for (const which of ['cells', 'fields'] as const) for (const index of allReviews(which).keys()) touch(which, index);
  const { first, end } = whereInSteps();
  for (let i = first; i < end; i++) touch('steps', i);
  touch('labels', 0);
  touch('teaching', 0);
}

/** Everything of a project at once, from the database or from a file. */
export interface Restored {
  head: ProjectHead;
  images: CellImage[];
  records: (CellRecord | undefined)[];
  frames: (ProjectFrame | undefined)[];
  reviews: { cells: [number, Review][]; fields: [number, Review][] };
  steps: { steps: Step[]; first: number; place: number };
  labels: ProjectLabels | null;
  teaching: ProjectTeaching | null;
}

function listOf<Value>(rows: ReadonlyMap<number, unknown>, inRow: number): (Value | undefined)[] {
  const all: (Value | undefined)[] = [];
  for (const [number, value] of rows) (inRow === 1 ? [value] : value as unknown[]).forEach((one, i) => { all[number * inRow + i] = one as Value; });
  return Array.from(all);
}

/** Reads all rows of a project. */
export async function readRows(store: ProjectStore, head: ProjectHead): Promise<Restored> {
  const read = (table: string): Promise<Map<number, unknown>> => store.table(head.id, table);
  const [ahead, files, again, records, frames, manyCells, forCells, forFields, steps, labels, teaching] = await Promise.all([read('files_ahead'), read('files'), read('files_again'), read('records'), read('frames'), read('frame_cells'), read('cells'), read('fields'), read('steps'), read('labels'), read('teaching')]);
  const { first = 0, end = 0, place = 0 } = (head.place['steps'] as { first?: number; end?: number; place?: number } | undefined) ?? {};
  const some = Array.from({ length: end - first }, (_, i) => steps.get(first + i) as Step | undefined);
  return {
    head, images: imagesOf({ ahead, files, again }), records: listOf<CellRecord>(records, recordsInRow), frames: joinFrames(listOf(frames, 1), manyCells),
    reviews: { cells: [...forCells.values()].flat() as [number, Review][], fields: [...forFields.values()].flat() as [number, Review][] },
    labels: (labels.get(0) as ProjectLabels | undefined) ?? null,
    teaching: (teaching.get(0) as ProjectTeaching | undefined) ?? null,
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
export function putRestored({ head, images, records, frames, reviews, steps, labels, teaching }: Restored, isSame: boolean): void {
  const withoutVerdicts = frames.map((frame) => (frame && 'analysis' in frame ? { ...frame, analysis: { ...frame.analysis, cells: frame.analysis.cells.map(({ verdict: _, ...cell }) => cell) } } : frame));
  batch(() => {
    era.value += 1;
    restoreImages(images, isSame ? records : []);
    restoreFrames(isSame ? frames : withoutVerdicts);
    restoreReviews(reviews);
    restoreTeaching(teaching);
    restoreSteps(steps);
    leftOut.value = new Set(head.settings.leftOut);
    taken.value = new Set(head.settings.taken);
    imageScale.value = head.settings.imageScale;
    unsureBelow.value = head.settings.unsureBelow;
    types.value = head.settings.types;
    sample.value = head.settings.sample;
    table.value = labels;
    unfit.value = new Set(images.flatMap(({ away }, i) => (away ? [i] : [])));
    flush();
  });
  restorePlace(head.place);
  takeTouched();
  allWritten();
}
