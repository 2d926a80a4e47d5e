/** One cell at length: what it was called, how sure, where the network looked, and which part of the image it saw. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { hasMap, type ModelSpec, researchNote, riskCoverage } from '../../../src/js/index.ts';
import { classIndex, ClassMark, classStyle, NoTypeMark } from '../../parts/class_mark.tsx';
import { legendPicture, mapMaximum } from '../../parts/colour_map.ts';
import { CropPicture, draw, mapOf } from '../../parts/crop_picture.tsx';
import {
  className, flags, foreignWords, inSentence, intervalWords, liesOnBackground, measureWords, noType, ofMany, partClassified, probabilityWords, qualitySentence,
  qualityWords, ranking, sawOnlyCentre, verdict,
} from '../../parts/words.ts';
import { formatDuration, formatPercent } from '../../state/format.ts';
import { isUncharted } from '../../state/batch.ts';
import { type Cell, cellKind, labelOf, modelKind } from '../../state/frame_store.ts';
import { imageAt } from '../../state/images.ts';
import { spec, threshold as thresholdInUse } from '../../state/models.ts';
import { blind, closeDetails, detailsMapOn, isSheet, mapOpacity, openCell, reviewing, shown, step } from '../../state/view.ts';
import { FileContents } from '../dialogs/file_contents.tsx';
import { ReviewOfCell } from '../review/answers.tsx';
import { CellChecks } from './checks.tsx';
import { words } from './words.ts';

const picturePx = 640;

export function Details() {
  const panel = useRef<HTMLDivElement>(null);
  const cell = openCell.value;
  const model = spec.value;
  // Before anything else can move the focus, which has to go back to where it was.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    return () => giveFocusBack(opener);
  }, []);
  if (!cell || !model) return null;
  const position = shown.value.findIndex(({ index }) => index === cell.index);
  const onKeyDown = (event: KeyboardEvent): void => {
    const forward: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const by = forward[event.key];
    if (by === undefined || (event.target as HTMLElement).matches('select, input[type=range], input[type=text]')) return;
    event.preventDefault();
    step(by);
  };
  return (
    <div class="details" data-testid="details" role="dialog" aria-modal={isSheet.value} aria-labelledby="details-title" tabIndex={-1} ref={panel} onKeyDown={onKeyDown}>
      <div class="details-head">
        <h2 id="details-title">{position < 0 ? words.head.cell : words.head.cellOf(ofMany(position + 1, shown.value.length))}</h2>
        <div class="details-actions">
          <button type="button" disabled={position <= 0} onClick={() => step(-1)}>
            {words.head.previous}
          </button>
          <button type="button" disabled={position < 0 || position === shown.value.length - 1} onClick={() => step(1)}>
            {words.head.next}
          </button>
          <button type="button" data-testid="close-details" onClick={closeDetails}>
            {words.head.close}
          </button>
        </div>
        {/* A folder may be named like what is in it. */}
        {!blind.value && (
          <p class="small muted path" title={cell.path}>
            {cell.path}
          </p>
        )}
      </div>
      <div class="details-body">
        {reviewing.value ? (
          <>
            <PlainPicture cell={cell} />
            <ReviewOfCell key={`review ${cell.index}`} cell={cell} model={model} />
          </>
        ) : (
          <Verdict cell={cell} model={model} />
        )}
        {cell.unnamed || blind.value ? (
          !reviewing.value && <PlainPicture cell={cell} />
        ) : (
          <>
            {reviewing.value && <Verdict cell={cell} model={model} />}
            <Picture key={cell.index} cell={cell} model={model} />
            <CellChecks key={`checks ${cell.index}`} cell={cell} model={model} />
            <Probabilities cell={cell} model={model} />
            <Where cell={cell} model={model} />
          </>
        )}
        {!blind.value && <Facts cell={cell} />}
        <p class="small muted">{researchNote}.</p>
      </div>
    </div>
  );
}

function PlainPicture({ cell }: { cell: Cell }) {
  return (
    <div class="picture-frame plain">
      <CropPicture cell={cell} sidePx={picturePx} mapClass={null} opacity={0} />
    </div>
  );
}

/** To the tile of the cell last looked at where there is one, else to what opened the panel. */
function giveFocusBack(opener: Element | null): void {
  const tile = document.querySelector<HTMLElement>('.gallery [tabindex="0"], .results-table tbody [tabindex="0"]');
  if (tile) tile.focus();
  else if (opener instanceof HTMLElement) opener.focus();
}

function Verdict({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const top = classIndex(model, labelOf(cell));
  const none = noType(cell);
  const intended = imageAt(cell.index)?.intended;
  return (
    <section class="verdict" aria-live="polite">
      <p data-testid="verdict" data-verdict={cellKind(cell)}>
        {none ? <NoTypeMark kind={none.kind} /> : <ClassMark index={top} letter={model.classes[top]?.letter ?? ''} />}
        <strong>{none && !cell.review?.first ? none.words : verdict(model, cell)}</strong>
      </p>
      {intended && <p class="small">{words.verdict.drawnAs(inSentence(className(model, intended)))}</p>}
      {!none && <p class="small muted">{model.classes[top]?.description}</p>}
      {cell.unnamed ? <p class="small muted">{words.verdict.unnamed}</p> : <Why cell={cell} model={model} />}
    </section>
  );
}

/** Every reason for the verdict, in the order in which they count. */
function Why({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const kind = modelKind(cell);
  const threshold = thresholdInUse.value;
  const point = riskCoverage(model).findLast((one) => one.threshold <= cell.probability);
  return (
    <div class="why" data-testid="why">
      <h3>{words.why.title}</h3>
      <ul class="small">
        {cell.quality.map(({ flag, measure, value, limit }) => (
          <li key={flag}>
            {qualitySentence(flag)}{' '}
            <span class="muted">{words.why.measured(measureWords(measure), value, limit)}</span>
          </li>
        ))}
        {model.quality && cell.quality.length === 0 && <li>{words.why.goodImage}</li>}
        {cell.novelty !== null && model.novelty && (
          <li>{(cell.foreign ? words.why.foreign : words.why.alike)(cell.novelty, model.novelty.threshold)}</li>
        )}
        {(kind === 'quality' || kind === 'foreign') && (
          <li>{words.why.mostLike(inSentence(className(model, cell.label)), cell.probability)}</li>
        )}
        {kind === 'unsure' && <li>{words.why.tooLow(threshold)}</li>}
        {kind === 'type' && (
          <li>
            {words.why.enough(probabilityWords(cell), threshold)}
            {point && point.threshold > 0 && !isUncharted.value && ` ${words.why.validated(point.threshold, point.wrong, intervalWords(point.interval))}`}
          </li>
        )}
      </ul>
    </div>
  );
}

function Picture({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const [chosen, setChosen] = useState(classIndex(model, cell.label));
  const [withValues, setWithValues] = useState(false);
  const { height, width } = cell.maps;
  const values = mapOf(cell, chosen);
  const maximum = mapMaximum(values);
  const shownMap = detailsMapOn.value && hasMap(model);
  const [pointed, setPointed] = useState<number | null>(null);
  return (
    <section class="picture" aria-label={words.picture.region}>
      <div class="picture-frame" role="img" onPointerMove={(event) => setPointed(pointedAt(event, height, width))} onPointerLeave={() => setPointed(null)} aria-label={shownMap ? mapWords(cell, chosen, model) : words.picture.seen}>
        <CropPicture cell={cell} sidePx={picturePx} mapClass={shownMap ? chosen : null} opacity={mapOpacity.value} />
      </div>
      <div class="map-controls">
        {hasMap(model) ? (
          <button type="button" aria-pressed={shownMap} aria-keyshortcuts="m" onClick={() => (detailsMapOn.value = !shownMap)}>
            {words.picture.map}
          </button>
        ) : (
          <p class="small muted" data-testid="no-map">
            {words.picture.noMap}
          </p>
        )}
        {shownMap && (
          <>
            <label class="field">
              {words.picture.mapOf}
              <select value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
                {model.classes.map(({ id, name }, i) => (
                  <option key={id} value={i}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              {words.picture.opacity}
              <input type="range" min="0" max="1" step="0.05" value={mapOpacity.value} onInput={(event) => (mapOpacity.value = event.currentTarget.valueAsNumber)} />
            </label>
          </>
        )}
      </div>
      {shownMap && (
        <>
          <Legend maximum={maximum} />
          <p class="small" data-testid="map-value">
            {pointed === null ? words.picture.point : words.picture.here(values[pointed] ?? 0, Math.floor(pointed / width) + 1, (pointed % width) + 1)}
          </p>
          <p class="small muted">
            {words.picture.meaning(inSentence(model.classes[chosen]?.name ?? ''), height, width)}
          </p>
          <button type="button" class="link small" aria-expanded={withValues} onClick={() => setWithValues(!withValues)}>
            {withValues ? words.picture.hideValues : words.picture.showValues}
          </button>
          {liesOnBackground(cell, values) && (
            <p class="small warning" data-testid="map-on-background">
              {words.picture.onBackground}
            </p>
          )}
          {withValues && <MapValues values={values} height={height} width={width} name={model.classes[chosen]?.name ?? ''} />}
        </>
      )}
    </section>
  );
}

/** Position in the map of the region under the pointer. */
function pointedAt(event: PointerEvent, height: number, width: number): number | null {
  const picture = (event.currentTarget as HTMLElement).querySelector('canvas')?.getBoundingClientRect();
  if (picture === undefined || picture.width === 0) return null;
  const column = Math.floor(((event.clientX - picture.left) / picture.width) * width);
  const row = Math.floor(((event.clientY - picture.top) / picture.height) * height);
  return row >= 0 && row < height && column >= 0 && column < width ? row * width + column : null;
}

/** Where the strongest region lies, for those who do not see the map. */
function mapWords(cell: Cell, chosen: number, model: ModelSpec): string {
  const values = mapOf(cell, chosen);
  const maximum = mapMaximum(values);
  const name = inSentence(model.classes[chosen]?.name ?? '');
  if (maximum === 0) return words.picture.nothingFor(name);
  const strongest = values.indexOf(maximum);
  return words.picture.strongest(name, Math.floor(strongest / cell.maps.width) + 1, cell.maps.height, (strongest % cell.maps.width) + 1, cell.maps.width);
}

function Legend({ maximum }: { maximum: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, legendPicture());
  }, [maximum > 0]);
  if (maximum === 0) return <p class="small">{words.picture.nothing}</p>;
  return (
    <div class="legend small">
      <span>{words.picture.none}</span>
      <canvas ref={canvas} aria-hidden="true" />
      <span>{words.picture.strongestValue(maximum)}</span>
    </div>
  );
}

function MapValues({ values, height, width, name }: { values: Float32Array; height: number; width: number; name: string }) {
  return (
    <table class="map-values small">
      <caption>{words.picture.contributions(inSentence(name))}</caption>
      <tbody>
        {Array.from({ length: height }, (_, row) => (
          <tr key={row}>
            {Array.from({ length: width }, (_, column) => (
              <td key={column}>{(values[row * width + column] ?? 0).toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'negative' })}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Probabilities({ cell, model }: { cell: Cell; model: ModelSpec }) {
  return (
    <section aria-labelledby="probabilities-title">
      <h3 id="probabilities-title">{words.probabilities.title}</h3>
      {noType(cell) && <p class="small muted">{words.probabilities.onlyAlike}</p>}
      <ul class="probabilities">
        {ranking(cell).map((i) => {
          const probability = cell.probabilities[i] ?? 0;
          return (
            <li key={i} class={classStyle(i)}>
              <ClassMark index={i} letter={model.classes[i]?.letter ?? ''} />
              <span>{model.classes[i]?.name}</span>
              <span class="bar">
                <span style={{ transform: `scaleX(${probability})` }} />
              </span>
              <span class="number">{formatPercent(probability)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Where({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const { image, crop } = cell;
  const trainedPx = model.crop.rule === 'centre_square' ? model.crop.side_px : null;
  return (
    <section class="where" aria-labelledby="where-title">
      <h3 id="where-title">{words.where.title}</h3>
      <div>
        <svg viewBox={`0 0 ${image.width_px} ${image.height_px}`} aria-hidden="true">
          <rect class="frame" width={image.width_px} height={image.height_px} />
          <rect class="crop" x={crop.left_px} y={crop.top_px} width={crop.width_px} height={crop.height_px} />
        </svg>
        <p class="small">{partClassified(cell)}</p>
      </div>
      {cell.plane && <p class="small" data-testid="cell-plane">{words.where.plane(cell.plane)}</p>}
      {sawOnlyCentre(cell) && (
        <p class="small warning" data-testid="field-of-view">
          {model.frame ? words.where.chooseFields : words.where.cutOut}
        </p>
      )}
      {image.damaged && <p class="small warning">{words.where.damaged}</p>}
      {trainedPx !== null && !cell.inFrame && crop.width_px < trainedPx / 2 && (
        <p class="small warning">{words.where.enlarged(trainedPx)}</p>
      )}
    </section>
  );
}

function Facts({ cell }: { cell: Cell }) {
  const [open, setOpen] = useState(false);
  const { image, elapsedMs } = cell;
  const more: [string, string][] = [
    ...(image.pages > 1 && !cell.inFrame ? [[words.facts.classified, words.facts.firstPage] as [string, string]] : []),
    [words.facts.orientation, image.exif_orientation === 1 ? words.facts.noOrientation : words.facts.orientationApplied(image.exif_orientation)],
    [words.facts.notes, [...(cell.quality.length > 0 ? [qualityWords(cell)] : []), ...(cell.foreign ? [inSentence(foreignWords)] : []), ...flags(cell)].join(', ') || words.facts.noNotes],
    ...Object.entries(elapsedMs).map(([stage, ms]): [string, string] => [words.facts.time(stage), ms < 10 ? words.facts.shortTime(ms) : formatDuration(ms)]),
  ];
  return (
    <details class="facts" data-testid="file-facts" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.facts.title}</summary>
      {open && <FileContents position={cell.inFrame?.frame ?? cell.index} more={more} />}
    </details>
  );
}
