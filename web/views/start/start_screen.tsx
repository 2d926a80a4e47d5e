/** The first screen: what this does, where to drop, and what happens to the images. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ClassMark, classIndex, NoTypeMark } from '../../parts/class_mark.tsx';
import { mapPicture } from '../../parts/colour_map.ts';
import { draw } from '../../parts/crop_picture.tsx';
import { openDialog } from '../../parts/dialog.tsx';
import { openCamera, openFilePicker, openFolderPicker } from '../../parts/file_inputs.tsx';
import { ModeChoice } from '../../parts/mode_choice.tsx';
import { ModelChip } from '../../parts/model_chip.tsx';
import { inSentence } from '../../parts/words.ts';
import { usePictureAddress } from '../../parts/picture_address.ts';
import { addField, addSamples } from '../../state/adding.ts';
import { formatPercentNear } from '../../state/format.ts';
import { openLive } from '../../state/live.ts';
import { mode } from '../../state/mode.ts';
import { chosenName, modelState, spec } from '../../state/models.ts';
import { fieldOf, type Glimpse, glimpseOfSamples, type GlimpseVerdict } from '../../state/samples.ts';
import { openTeaching } from '../../state/teaching_steps.ts';
import { ProjectList } from '../project/project_list.tsx';
import { words } from './words.ts';

export function StartScreen() {
  return (
    <div class="start-screen">
      <h1>{words.heading}</h1>
      <div class="start-choices">
        <button type="button" class="drop-zone" data-testid="drop-zone" aria-keyshortcuts="o" onClick={openFilePicker}>
          <DropDrawing />
          <strong class="not-touch">{words.drop}</strong>
          <span class="not-touch">{words.press}</span>
          <strong class="touch-only">{words.choose}</strong>
          <span class="small">{words.formats[mode.value]}</span>
        </button>
        <Samples />
      </div>
      <div class="start-mode">
        <ModeChoice />
        <span class="small muted">{words.modes[mode.value]}</span>
      </div>
      <p class="start-more">
        <button type="button" class="quiet" data-testid="choose-folder" onClick={openFolderPicker}>
          {words.chooseFolder}
        </button>
        <button type="button" class="quiet touch-only" onClick={openCamera}>
          {words.photo}
        </button>
        <button type="button" class="quiet" data-testid="use-camera" onClick={openLive}>
          {words.camera}
        </button>
        <button type="button" class="quiet" data-testid="check-report" aria-haspopup="dialog" onClick={() => openDialog('check')}>
          {words.checkReport}
        </button>
        <span class="small not-touch">{words.paste}</span>
      </p>
      <section class="start-model" aria-label={words.model}>
        <ModelChip />
        <button type="button" class="link small" data-testid="start-teach" onClick={openTeaching}>
          {words.teach}
        </button>
      </section>
      <Kept />
      <p>
        <button type="button" class="link" data-testid="privacy" aria-haspopup="dialog" onClick={() => openDialog('privacy')}>
          {words.privacy}
        </button>
      </p>
    </div>
  );
}

/** Not before the model is there: nothing may come between a person and the first result. */
function Kept() {
  return modelState.value.phase === 'loading' ? null : <ProjectList />;
}

function DropDrawing() {
  return (
    <svg class="drop-drawing" viewBox="0 0 64 48" aria-hidden="true">
      <path d="M8 30v10h48V30" />
      <path d="M32 6v24M22 21l10 10 10-10" />
    </svg>
  );
}

function Samples() {
  const [glimpse, setGlimpse] = useState<Glimpse | null>(null);
  const [busy, setBusy] = useState(false);
  const model = chosenName.value;
  useEffect(() => {
    if (model !== null) void glimpseOfSamples(model).then(setGlimpse, () => setGlimpse(null));
  }, [model]);
  const [inField, setInField] = useState<number | null>(null);
  useEffect(() => {
    if (model !== null) void fieldOf(model).then(setInField, () => setInField(null));
  }, [model]);
  const add = async (how: () => Promise<void>): Promise<void> => {
    setBusy(true);
    await how();
    setBusy(false);
  };
  // None were drawn for a model of a person's own.
  if (glimpse?.total === 0) return null;
  return (
    <div class="samples">
      <div class="sample-pictures">
        {glimpse?.cells.map(({ picture, verdict }) => (
          <Thumbnail key={`${model} ${verdict.label}`} picture={picture} verdict={verdict} />
        ))}
      </div>
      <button type="button" data-testid="samples" disabled={busy || model === null} onClick={() => void add(addSamples)}>
        {words.samples.add}
      </button>
      {inField !== null && (
        <button type="button" data-testid="sample-field" disabled={busy} title={words.samples.inField(inField)} onClick={() => void add(addField)}>
          {words.samples.addField}
        </button>
      )}
      <p class="small">{glimpse ? words.samples.noteOf(glimpse.total) : words.samples.note}</p>
    </div>
  );
}

const mapPx = 48;

/** A sample, what the model says of it, and over one half of it where it looked. */
function Thumbnail({ picture, verdict: { label, kind, probability, crop: [left = 0, top = 0, width = 1, height = 1], map } }: { picture: Blob; verdict: GlimpseVerdict }) {
  const address = usePictureAddress(picture);
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) draw(canvas.current, mapPicture(Float32Array.from(map.shares), map.height, map.width, mapPx));
  }, [map]);
  const model = spec.value;
  const index = model ? classIndex(model, label) : 0;
  const name = model?.classes[index]?.name ?? '';
  const percent = formatPercentNear(probability, model?.judge.abstain_below ?? 1);
  const isNamed = kind === 'type';
  return (
    <figure class="glimpse" data-testid="glimpse" data-kind={kind} data-label={label}>
      <span class="glimpse-picture">
        <img src={address} alt="" width="96" height="96" />
        <span class="glimpse-half" aria-hidden="true">
          <canvas ref={canvas} style={{ insetInlineStart: `${100 * left}%`, insetBlockStart: `${100 * top}%`, inlineSize: `${100 * width}%`, blockSize: `${100 * height}%` }} />
        </span>
      </span>
      <figcaption class="small">
        {model && (isNamed ? <ClassMark index={index} letter={model.classes[index]?.letter ?? ''} /> : <NoTypeMark kind={kind} />)}
        <span>{model && (isNamed ? words.samples.named(name, percent) : kind === 'unsure' ? words.samples.unsure(inSentence(name), percent) : words.samples.other)}</span>
      </figcaption>
    </figure>
  );
}
