/** What a person does while teaching: each is a step that can be taken back. */
import { batch } from '@preact/signals';
import { type FrameSquare, type GroupTable, type ModelClass, type TeachGrouping, typeNamer } from '../../src/js/index.ts';
import { addFiles, chooseMode } from './adding.ts';
import type { Found } from './found_files.ts';
import { tool } from './frames.ts';
import { type Change, take } from './history.ts';
import { allImages, appendImages, firstImageAtMs, flush, sizeOf } from './images.ts';
import { mode } from './mode.ts';
import { listings, modelState } from './models.ts';
import { notice } from './notice.ts';
import { runState } from './progress.ts';
import { allReviews } from './review_store.ts';
import { cancel, run } from './run.ts';
import { allLabels, isTeaching, type Label, labelAt, labelChange, type Plan, plan, planChange } from './teaching.ts';
import { folderOf, squareFor, subjectOf } from './teaching_items.ts';
import { foldersBelow, mostTypes, newType, typeFolders, withFolders } from './teaching_types.ts';
import { layout } from './view.ts';
import { words } from './words.ts';

/** A person had stopped the work on the results before. */
let wasStopped = false;

/** Opens the view. The model in use waits meanwhile: what is taught needs the workers. In frames it goes on: it finds the cells. */
export function openTeaching(): void {
  if (allImages().length === 0) chooseMode('cells');
  wasStopped = runState.value === 'cancelled';
  if (mode.value === 'cells') cancel();
  isTeaching.value = true;
}

/** Back to the results, and on with those that are not there yet. */
export function closeTeaching(): void {
  isTeaching.value = false;
  if (allImages().length > 0 && modelState.value.phase !== 'failed' && !wasStopped) void run();
}

/** To the frames, where a press selects cells. */
export function selectInFrames(): void {
  closeTeaching();
  layout.value = 'frame';
  tool.value = 'select';
}

const nameOf = (type: string | null): string => plan.value.types.find(({ id }) => id === type)?.name ?? '';

/** Says what cells are; with null nothing is said of them any more. */
export function label(indices: Iterable<number>, type: string | null): void {
  const changes = [...indices].flatMap((index): Change[] => {
    const before = labelAt(index);
    if (type === null) return before ? [labelChange(index, null)] : [];
    return before?.type === type ? [] : [labelChange(index, { type, folder: before?.folder ?? folderOf(index) })];
  });
  const square = type === null ? {} : firstSquare(changes[0]?.key);
  take(type === null ? words.teach.unlabelling(changes.length) : words.teach.labelling(changes.length, nameOf(type)), [...('square' in square ? [planChange(square)] : []), ...changes]);
}

/** With the first label in a frame it is decided what is looked at around each cell; decided anew, all would have to be looked at again. */
function firstSquare(index: number | undefined): Partial<Plan> {
  const isDecided = plan.value.square !== null && allLabels().size > 0;
  return mode.value !== 'fields' || index === undefined || isDecided ? {} : { square: squareFor(index) };
}

export function chooseSquare(square: FrameSquare): void {
  take(words.teach.square, [planChange({ square })]);
}

/** Says so where there are more types than a model can have. */
function areTooMany(types: readonly ModelClass[]): boolean {
  if (types.length > mostTypes) notice.value = { words: words.teach.tooMany(types.length, mostTypes) };
  return types.length > mostTypes;
}

/** Returns: the id of the type; null where there are too many. */
export function addType(name: string): string | null {
  const type = newType(name.trim() || words.teach.unnamed, plan.value.types);
  if (areTooMany([...plan.value.types, type])) return null;
  take(words.teach.addingType(type.name), [planChange({ types: [...plan.value.types, type] })]);
  return type.id;
}

/** A type of the base keeps its id, by which its model knows it; another gets one that says its name. */
export function renameType(id: string, wanted: string): void {
  const { types } = plan.value;
  const known = types.find((one) => one.id === id);
  const name = wanted.trim();
  if (!known || name === '' || name === known.name) return;
  const others = types.filter((one) => one.id !== id);
  const fresh = newType(name, others);
  const type: ModelClass = isOfBase(id) ? { ...known, name: fresh.name } : fresh;
  const labels = type.id === id ? [] : changesOf(id, (label) => ({ ...label, type: type.id }));
  take(words.teach.renaming(known.name, type.name), [planChange({ types: types.map((one) => (one.id === id ? type : one)) }), ...labels]);
}

/** Its images stay, without a label. */
export function removeType(id: string): void {
  if (isOfBase(id)) return;
  take(words.teach.removingType(nameOf(id)), [...changesOf(id, () => null), planChange({ types: plan.value.types.filter((one) => one.id !== id) })]);
}

/** Of images and of cells of frames alike: they share the types. */
function changesOf(type: string, change: (label: Label) => Label | null): Change[] {
  return (['cells', 'fields'] as const).flatMap((of) => [...allLabels(of)].flatMap(([index, known]) => (known.type === type ? [labelChange(index, change(known), of)] : [])));
}

function baseTypes(base: string | null): readonly ModelClass[] {
  return listings.value.find(({ name }) => name === base)?.spec.classes ?? [];
}

/** Whether a type is one of the model that is started from. */
export function isOfBase(id: string): boolean {
  return baseTypes(plan.value.base).some((one) => one.id === id);
}

/** Starts from a model, whose types come first and stay, or from none. Types of a person's own that are called alike become one with them. */
export function chooseBase(base: string | null): void {
  const given = baseTypes(base);
  const before = plan.value;
  if (base === before.base) return;
  const used = new Set([...allLabels('cells').values(), ...allLabels('fields').values()].map(({ type }) => type));
  const own = before.types.filter(({ id }) => !isOfBase(id) || used.has(id));
  const named = typeNamer(given);
  const sameAs = new Map(own.map(({ id, name }) => [id, named(name) ?? named(id)]));
  const types = [...given];
  const ids = new Map<string, string>();
  for (const one of own) {
    const same = sameAs.get(one.id);
    const type = same === undefined ? newType(one.name, types) : undefined;
    if (type) types.push(type);
    ids.set(one.id, same ?? type?.id ?? one.id);
  }
  if (areTooMany(types)) return;
  const labels = [...ids].flatMap(([from, to]) => (from === to ? [] : changesOf(from, (known) => ({ ...known, type: to }))));
  take(words.teach.startingFrom, [planChange({ base, types }), ...labels]);
}

export function chooseGrouping(grouping: TeachGrouping): void {
  take(words.teach.grouping, [planChange({ grouping })]);
}

export function changeGroupTable(table: GroupTable): void {
  take(words.teach.grouping, [planChange({ grouping: 'column', table })]);
}

/** The label of a cell was doubted and is right. */
export function keepLabel(index: number): void {
  const { sure } = plan.value;
  take(words.teach.keeping, [planChange({ sure: { ...sure, [mode.value]: [...sure[mode.value].filter((one) => one !== index), index] } })]);
}

/** Takes files for teaching: into one type, or with null each into the type that its folder names; without a folder they have no label yet. Where there are frames they are frames, whose cells have none. */
export function teachFiles(found: Found, type: string | null): void {
  const { files, unopened, documents } = found;
  if (mode.value === 'fields' && allImages().length > 0) return addFiles(found);
  if (files.length + unopened.length === 0) {
    notice.value = { words: documents.length > 0 ? words.onlyDocuments(documents.length) : words.nothingThere };
    return;
  }
  if (mode.value !== 'cells') chooseMode('cells');
  batch(() => {
    cancel();
    firstImageAtMs.value ??= performance.timeOrigin + performance.now();
    const known = new Map(allImages().map((image, index) => [image.path, { index, image }]));
    const indices: number[] = [];
    const fresh: { file: File | null; path: string; intended: null }[] = [];
    for (const { file, path } of files) {
      const here = known.get(path);
      // The same picture, dropped on Look before.
      if (here && sizeOf(here.image) === file.size) indices.push(here.index);
      else indices.push(allImages().length + fresh.push({ file, path, intended: null }) - 1);
    }
    if (fresh.length > 0) wasStopped = false;
    appendImages([...fresh, ...unopened.map((path) => ({ file: null, path, intended: null }))]);
    flush();
    notice.value = documents.length > 0 ? { words: words.documents(documents.length, documents[0]?.path ?? '') } : null;
    const paths = files.map(({ path }) => path);
    if (type === null) labelByFolders(indices, paths);
    else {
      const below = foldersBelow(paths);
      take(words.teach.labelling(indices.length, nameOf(type)), indices.map((index, i) => labelChange(index, { type, folder: below[i] ?? '' })));
    }
  });
}

function labelByFolders(indices: readonly number[], paths: readonly string[]): void {
  const found = typeFolders(paths, plan.value.types);
  const { types, idOf } = withFolders(found.flatMap((one) => (one ? [one.name] : [])), plan.value.types);
  if (areTooMany(types)) return;
  const labels = found.flatMap((one, i) => (one ? [labelChange(indices[i] as number, { type: idOf.get(one.name) ?? '', folder: one.folder })] : []));
  if (labels.length > 0) take(words.teach.byFolders(labels.length), [planChange({ types }), ...labels]);
}

/** Positions of images without a label that lie in at least two folders, as those dropped on Look may. A frame holds cells of several types. */
export function inFolders(): number[] {
  if (mode.value === 'fields') return [];
  const without = allImages().flatMap(({ path }, index) => (labelAt(index) ? [] : [{ index, path }]));
  const names = new Set(typeFolders(without.map(({ path }) => path)).map((one) => one?.name));
  return names.size > 1 && !names.has(undefined) ? without.map(({ index }) => index) : [];
}

export function labelFolders(indices: readonly number[]): void {
  labelByFolders(indices, indices.map((index) => allImages()[index]?.path ?? ''));
}

/** Answers of a review that name a type of the model in use, and are no lessons yet. */
export function answersToTeach(): { index: number; type: string }[] {
  return [...allReviews()].flatMap(([index, { first }]) => (first?.outcome === 'type' && first.type !== null && labelAt(index) === undefined && subjectOf(index) ? [{ index, type: first.type }] : []));
}

/** Takes answers of a review for lessons; types come along by their names. */
export function teachAnswers(classes: readonly ModelClass[]): void {
  const answers = answersToTeach();
  const named = (id: string): string => classes.find((one) => one.id === id)?.name ?? id;
  const { types, idOf } = withFolders(answers.map(({ type }) => named(type)), plan.value.types);
  if (areTooMany(types)) return;
  const labels = answers.map(({ index, type }) => labelChange(index, { type: idOf.get(named(type)) ?? '', folder: folderOf(index) }));
  take(words.teach.byAnswers(answers.length), [planChange({ types, ...firstSquare(answers[0]?.index) }), ...labels]);
}
