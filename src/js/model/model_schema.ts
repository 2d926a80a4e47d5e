/** What the spec and the test image of a model may say: they come from anybody. Loaded only for a model that is not shipped. */
import * as v from 'valibot';
import { CytodropError } from '../core/errors.ts';

const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(4_096));
const words = v.pipe(v.string(), v.minLength(1), v.maxLength(4_096));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const interval = v.tuple([share, share]);
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const fileName = v.pipe(v.string(), v.maxLength(200), v.regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16_384));
const file = { file: fileName, sha256 };

const detector = v.looseObject({
  kind: v.literal('detector'), name: v.pipe(v.string(), v.maxLength(80), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)), version: v.pipe(v.string(), v.maxLength(40), v.regex(/^[0-9]+\.[0-9]+\.[0-9]+$/)),
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(200)), network: v.looseObject({ ...file, bytes: count }),
});
const network = v.looseObject({
  ...file, bytes: count, architecture: words, parameters: count, input: words, output: words, batch: v.optional(v.literal(1)),
  features: v.looseObject({ channels: side, height: side, width: side }),
});
/** The features of an encoder, whose own spec the core reads. */
const encoder = v.looseObject({ ...network.entries, kind: v.literal('encoder'), file: v.literal('encoder/encoder.json') });
/** Of a model that was taught. */
const taught = v.looseObject({
  base: v.looseObject({ name: words, version: words }), cells: v.record(v.string(), count), strength: finite, parts: count, grouped: v.boolean(), groups: count,
  curve: v.array(v.tuple([finite, finite])), warnings: v.array(words),
});

const crop = v.variant('rule', [v.looseObject({ rule: v.literal('none') }), v.looseObject({ rule: v.literal('centre_square'), side_px: side }), v.looseObject({ rule: v.literal('stained_cell'), radii: finite })]);
const positive = v.pipe(finite, v.gtValue(0));
const search = v.looseObject({ least_diameter: finite, most_diameter: finite, method: v.picklist(['network_round', 'network_adherent', 'round', 'adherent']) });
const frame = v.looseObject({ side_px: side, pixel_size_um: v.nullable(positive), surroundings: v.optional(v.picklist(['kept', 'black'])), search: v.optional(search) });

const classes = v.pipe(
  v.array(v.looseObject({
    id: v.pipe(v.string(), v.maxLength(100), v.regex(/^[a-z0-9]+(_[a-z0-9]+)*$/)), name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)), letter: v.pipe(v.string(), v.regex(/^[A-Z]$/)), description: words,
  })),
  v.minLength(2), v.maxLength(64), v.check((all) => new Set(all.map(({ id }) => id)).size === all.length),
);

const measure = v.looseObject({ shift: finite, noise: finite });
const novelty = v.looseObject({
  ...file, threshold: positive,
  batch: v.optional(v.looseObject({ least_cells: count, shift: finite, noise: finite, look: v.optional(measure), abstain_below: share, measures: v.record(v.string(), v.tuple([finite, finite])) })),
});

const metrics = v.looseObject({
  images: count, correct: count, accuracy: share, accuracy_interval_95: interval, balanced_accuracy: share, macro_f1: share, ece: share, unsure: v.optional(share), accuracy_when_sure: v.optional(share),
  confusion: v.array(v.array(count)),
});
const elsewhere = v.looseObject({ what: words, images: count, correct: count, accuracy: share, accuracy_interval_95: interval, named: count, named_correct: count });

interface Measured { confusion: number[][] }
const isSquare = (metrics: Measured | undefined, classes: number): boolean => metrics === undefined || (metrics.confusion.length === classes && metrics.confusion.every((row) => row.length === classes));

const spec = v.pipe(v.looseObject({
  kind: v.optional(v.literal('classifier')),
  name: v.pipe(v.string(), v.maxLength(80), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)), version: v.pipe(v.string(), v.maxLength(40), v.regex(/^[0-9]+\.[0-9]+\.[0-9]+$/)),
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(200)), purpose: words, caution: v.optional(words), author: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  network: v.union([network, encoder]), input: v.looseObject({ width_px: side, height_px: side, channels: v.picklist(['rgb', 'grey']) }), crop, pixel_size_um: v.nullable(positive), frame: v.optional(frame), classes,
  head: v.looseObject({ ...file, layers: v.array(v.looseObject({ name: words, inputs: count, outputs: count })), output: v.picklist(['softmax', 'sigmoid']) }),
  judge: v.looseObject({ temperature: positive, abstain_below: share, risk_coverage: v.optional(v.array(v.tuple([share, share, share, share, share]))) }),
  quality: v.optional(v.record(v.string(), v.tuple([v.nullable(finite), v.nullable(finite)]))), novelty: v.optional(novelty),
  training: v.looseObject({ data: text, source: text, data_licence: text, split: text, recipe: text, images: v.looseObject({ train: count, validation: count, test: count }) }),
  licence: text, taught: v.optional(taught), metrics: v.looseObject({ validation: v.optional(metrics), test: v.optional(metrics), elsewhere: v.optional(elsewhere) }),
}), v.forward(v.partialCheck([['classes'], ['metrics']], ({ classes: all, metrics: { test, validation } }) => isSquare(test, all.length) && isSquare(validation, all.length)), ['metrics', 'test']));

const golden = v.looseObject({
  cases: v.pipe(v.array(v.looseObject({
    image: fileName, logits: v.array(finite), label: text, novelty: v.optional(finite), foreign: v.optional(v.boolean()), quality: v.optional(v.array(text)),
  })), v.minLength(1)),
});

/** Raises: CytodropError, `invalid_model`, that names the first field that is missing or not as it must be. */
function check(schema: v.GenericSchema, of: string, value: unknown): void {
  const { success, issues } = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  if (success) return;
  const way = issues[0].path?.map(({ key }) => String(key)).join('.') ?? '';
  throw new CytodropError('invalid_model', `It is no model that can be used: in its ${of}, ${way === '' ? 'something' : `"${way.slice(0, 100)}"`} is missing or not as it must be.`);
}

/** Of spec.json. Raises: as `check`. */
export function checkSpec(value: unknown): void {
  check(spec, 'spec.json', value);
}

/** Of a detector's spec.json, as far as TypeScript reads it; the rest the core reads. Raises: as `check`. */
export function checkDetector(value: unknown): void {
  check(detector, 'spec.json', value);
}

/** Of golden/golden.json. Raises: as `check`. */
export function checkGolden(value: unknown): void {
  check(golden, 'golden.json', value);
}
