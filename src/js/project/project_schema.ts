/** What a project file may hold: it comes from anybody. Loaded only when one is opened. */
import * as v from 'valibot';
import { searchMethods } from '../frames/search.ts';
import { reviewOrigins, reviewOutcomes } from '../review/review.ts';
import { type Project, projectSchema } from './project.ts';

const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(4_096));
const long = v.pipe(v.string(), v.maxLength(1e6));
const id = v.pipe(v.string(), v.maxLength(200));
const orNull = <Schema extends v.GenericSchema>(schema: Schema) => v.nullable(schema);
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const floats = v.instance(Float32Array);

const place = v.pipe(v.number(), v.integer(), v.minValue(-1e7), v.maxValue(1e7));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e7));
const box = v.looseObject({ left_px: place, top_px: place, width_px: side, height_px: side });
const image = v.looseObject({
  format: text, width_px: side, height_px: side, channels: count, bits_per_channel: count, exif_orientation: count, pages: count, page_channels: count, images_stated: count, pixel_size_um: orNull(finite),
  damaged: v.boolean(),
});

const flag = v.looseObject({ flag: id, measure: id, value: finite, limit: finite });
const verdict = {
  label: id, probability: share, unsure: v.boolean(), novelty: orNull(finite), foreign: v.boolean(), quality: v.array(flag), deviation: floats, measures: v.instance(Float64Array),
  probabilities: v.array(share), logits: v.array(finite), maps: v.looseObject({ height: count, width: count, values: floats }), crop: box,
  turns: v.optional(v.looseObject({ agree: count, of: count, least_probability: share, mean_probability: share })),
  second: v.optional(v.looseObject({ label: id, probability: share, agree: v.boolean() })),
};
const areMaps = ({ maps: { height, width, values }, probabilities }: { maps: { height: number; width: number; values: Float32Array }; probabilities: number[] }): boolean =>
  values.length === 0 || values.length === height * width * Math.max(1, probabilities.length) || values.length === height * width;

const failure = { status: v.literal('error'), code: id, message: long, advice: long, index: count, path: text };
const record = v.union([
  v.pipe(v.looseObject({ status: v.literal('ok'), ...verdict, image, index: count, path: text, elapsedMs: v.record(v.string(), finite), pixelsSha256: v.optional(orNull(text)) }), v.check((one) => areMaps(one))),
  v.looseObject(failure),
]);

const settings = v.looseObject({ least_diameter: finite, most_diameter: finite, sensitivity: finite, split_touching: v.boolean(), keep_cut_by_border: v.boolean(), method: id, pixel_size_um: orNull(finite) });
const choice = v.looseObject({
  page: count, channel: v.pipe(v.number(), v.integer(), v.minValue(-1)), level: v.optional(count), region: v.optional(box), projection: v.optional(v.picklist(['max', 'mean'])), overview: v.optional(v.boolean()),
});
const hand = v.looseObject({ choice: v.optional(choice), search: v.partial(v.looseObject(v.omit(settings, ['pixel_size_um']).entries)), pixelSizeUm: v.optional(orNull(finite)) });
const cell = v.looseObject({
  id: count, box, outline: v.pipe(floats, v.check((points) => points.length % 2 === 0 && points.length < 1e6)), areaPx: finite, searchScore: orNull(finite), cutByBorder: v.boolean(), isEllipse: v.optional(v.boolean()),
  morphometry: v.optional(v.record(v.string(), v.union([v.number(), v.nan()]))),
  verdict: v.optional(v.pipe(v.looseObject(verdict), v.check((one) => areMaps(one)))),
});
const some = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const series = v.looseObject({
  name: text, levels: v.pipe(v.array(v.looseObject({ width_px: some, height_px: some })), v.minLength(1)), channels: v.pipe(v.array(v.looseObject({ name: text, wavelength_nm: orNull(finite) })), v.minLength(1)),
  z: some, t: some, samples: some, bits: some, x_um: orNull(finite), y_um: orNull(finite), z_um: orNull(finite),
});
const file = v.pipe(
  v.looseObject({ format: text, series: v.array(series), place: v.looseObject({ series: count, channel: count, z: count, t: count }), reason: text, level: v.optional(count) }),
  v.check(({ series: all, place: at, level = 0 }) => {
    const one = all[at.series];
    return one !== undefined && at.channel < one.channels.length && at.z < one.z && at.t < one.t && level < one.levels.length;
  }),
);
const range = v.looseObject({ low: finite, high: finite });
const analysis = v.looseObject({
  status: v.literal('ok'), choice, settings, cells: v.array(cell), pixelsSha256: v.optional(orNull(text)), elapsedMs: v.looseObject({ decode: finite, detect: finite, classify: finite }),
  facts: v.looseObject({ image, pages: count, channels: count, pixel_size_um: orNull(finite), damaged: v.boolean(), range, decode_ms: finite, file: v.optional(file) }),
});
const frame = v.union([
  v.looseObject({ path: text, analysis, removed: v.array(box), own: orNull(hand), searchedAs: long, range: orNull(range), nextId: v.optional(count), pictures: v.optional(v.record(v.string(), v.looseObject({ cells: v.array(cell), removed: v.array(box), pixelSizeUm: v.optional(orNull(finite)) }))) }),
  v.looseObject({ failure: v.looseObject(failure), own: orNull(hand), searchedAs: long }),
]);

const answer = v.looseObject({ outcome: v.picklist(reviewOutcomes), type: orNull(id), reviewer: text, at: v.pipe(v.string(), v.isoTimestamp()), origin: v.picklist(reviewOrigins) });
const review = v.object({ first: orNull(answer), second: orNull(answer), note: text });
const reviews = v.array(v.tuple([count, review]));

const sample = v.object({ indices: v.array(count), strata: orNull(v.array(v.object({ label: id, cells: count, drawn: count }))), of: count });
const head = v.looseObject({
  schema: v.literal(projectSchema), id, name: v.pipe(v.string(), v.maxLength(200)), createdAtMs: finite, changedAtMs: finite, cytodrop: id,
  model: orNull(v.looseObject({ name: id, version: id, specSha256: orNull(text), added: v.optional(v.boolean()) })),
  runtime: orNull(v.looseObject({ engine: v.looseObject({ kind: id, name: text, threads: count }), engineReason: text, coreVersion: id, specSha256: v.optional(orNull(text)) })),
  settings: v.looseObject({
    mode: v.picklist(['cells', 'fields']), naming: v.boolean(), imageScale: v.pipe(v.number(), v.minValue(1 / 64), v.maxValue(64)), unsureBelow: orNull(share), types: orNull(v.array(id)), checkTurns: v.boolean(), secondModel: orNull(id),
    hand, leftOut: v.array(count), taken: v.array(count), sample: orNull(sample),
  }),
  place: v.record(v.string(), v.unknown()), counts: v.looseObject({ images: count, cells: count, reviewed: count, bytes: count }),
});
const images = v.array(v.looseObject({ path: text, intended: orNull(id), sizeBytes: count, sha256: orNull(text) }));

/** As much as ten million cells need. */
const labels = v.object({ file: text, text: v.pipe(v.string(), v.maxLength(5e8)), heads: v.array(text), fileColumn: text, typeColumn: text, names: v.record(v.string(), id) });

const taughtCells = { labels: v.array(v.tuple([count, id, text])), sure: v.array(count) };
const teaching = v.pipe(
  v.object({
    base: orNull(id), types: v.array(v.object({ id, name: id, letter: id, description: text })), ...taughtCells, inFrames: v.optional(v.object(taughtCells)), square: v.optional(orNull(v.object({ sidePx: side, pixelSizeUm: orNull(finite), search: v.optional(v.object({ least_diameter: finite, most_diameter: finite, method: v.picklist(searchMethods) })) }))),
    grouping: orNull(v.picklist(['file', 'folder', 'column'])),
    table: orNull(v.object({ file: text, text: v.pipe(v.string(), v.maxLength(5e8)), heads: v.array(text), fileColumn: text, groupColumn: text })), about: v.object({ title: text, author: text, data: text }),
  }),
  v.check(({ types, labels: given, inFrames }) => [...given, ...(inFrames?.labels ?? [])].every(([, type]) => types.some((one) => one.id === type))),
);

const project = v.pipe(
  v.object({ head, images, records: v.array(orNull(record)), frames: v.array(orNull(frame)), reviews: v.object({ cells: reviews, fields: reviews }), labels: v.optional(orNull(labels)), teaching: v.optional(orNull(teaching)) }),
  v.check(({ images: all, records, frames, head: { settings: { leftOut } } }) =>
    records.length <= all.length && frames.length <= all.length && records.every((one, i) => one == null || (one as { index: number }).index === i) && leftOut.every((i) => i < all.length)),
);

/**
 * Raises: Error with the way to the first thing that is not as it must be.
 *
 * Args:
 *   value: head, images, records, frames and reviews as they stand in a file; a missing record or frame is null.
 */
export function checkProject(value: unknown): Project {
  const { success, output, issues } = v.safeParse(project, value, { abortEarly: true });
  if (!success) throw new Error(issues[0].path?.map(({ key }) => String(key)).join('.') ?? '');
  return output as unknown as Project;
}
