/** One cell at length: what it was called, how sure, where the network looked, and which part of the image it saw. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { researchNote } from '../export.ts';
import { formatCount, formatDuration, formatPercent } from '../format.ts';
import { imageAt, spec, type Cell } from '../state/session.ts';
import { closeDetails, detailsMapOn, isSheet, mapOpacity, openCell, shown, step } from '../state/view.ts';
import type { ModelSpec } from '../types.ts';
import { classIndex, ClassMark, classStyle, ForeignMark } from './class_mark.tsx';
import { legendPicture, mapMaximum } from './colour_map.ts';
import { CropPicture, draw, mapOf } from './crop_picture.tsx';
import { FactList } from './fact_list.tsx';
import { className, flags, foreignWords, formatBytes, inSentence, ofMany, partClassified, ranking, sawOnlyCentre, verdict } from './words.ts';

const picturePx = 640;

export function Details() {
  const panel = useRef<HTMLDivElement>(null);
  const cell = openCell.value;
  const model = spec.value;
  useEffect(() => {
    const opener = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    return () => giveFocusBack(opener);
  }, []);
  if (!cell || !model) return null;
  const position = shown.value.findIndex(({ index }) => index === cell.index);
  const onKeyDown = (event: KeyboardEvent): void => {
    const forward: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const by = forward[event.key];
    if (by === undefined || (event.target as HTMLElement).matches('select, input[type=range]')) return;
    event.preventDefault();
    step(by);
  };
  return (
    <div class="details" data-testid="details" role="dialog" aria-modal={isSheet.value} aria-labelledby="details-title" tabIndex={-1} ref={panel} onKeyDown={onKeyDown}>
      <header>
        <h2 id="details-title">{position < 0 ? 'Cell' : `Cell ${ofMany(position + 1, shown.value.length)}`}</h2>
        <div class="details-actions">
          <button type="button" disabled={position <= 0} onClick={() => step(-1)}>
            Previous
          </button>
          <button type="button" disabled={position < 0 || position === shown.value.length - 1} onClick={() => step(1)}>
            Next
          </button>
          <button type="button" data-testid="close-details" onClick={closeDetails}>
            Close
          </button>
        </div>
        <p class="small muted path" title={cell.path}>
          {cell.path}
        </p>
      </header>
      <div class="details-body">
        <Verdict cell={cell} model={model} />
        <Picture key={cell.index} cell={cell} model={model} />
        <Probabilities cell={cell} model={model} />
        <Where cell={cell} model={model} />
        <Facts cell={cell} />
        <p class="small muted">{researchNote}.</p>
      </div>
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
  const top = classIndex(model, cell.label);
  const intended = imageAt(cell.index)?.intended;
  return (
    <section class="verdict" aria-live="polite">
      <p data-testid="verdict">
        {cell.foreign ? <ForeignMark /> : <ClassMark index={top} letter={model.classes[top]?.letter ?? ''} />}
        <strong>{cell.foreign ? foreignWords : verdict(model, cell)}</strong>
      </p>
      {cell.foreign && <Foreign cell={cell} model={model} />}
      {cell.unsure && !cell.foreign && <p class="small">No type reaches the {formatPercent(model.judge.abstain_below)} that this model asks for before it names one.</p>}
      {intended && <p class="small">Simulated, drawn as: {inSentence(className(model, intended))}</p>}
      {!cell.foreign && <p class="small muted">{model.classes[top]?.description}</p>}
    </section>
  );
}

function Foreign({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const distance = (value: number): string => value.toLocaleString(undefined, { maximumSignificantDigits: 3 });
  return (
    <>
      <p class="small">
        Of the types that this model knows it is most like {inSentence(className(model, cell.label))}, {formatPercent(cell.probability)}; it may be none of them.
      </p>
      <p class="small muted">
        Its distance from the training images is {distance(cell.novelty ?? NaN)}; beyond {distance(model.novelty?.threshold ?? NaN)} this model names nothing.
      </p>
    </>
  );
}

function Picture({ cell, model }: { cell: Cell; model: ModelSpec }) {
  const [chosen, setChosen] = useState(classIndex(model, cell.label));
  const [withValues, setWithValues] = useState(false);
  const { height, width } = cell.maps;
  const values = mapOf(cell, chosen);
  const maximum = mapMaximum(values);
  const shownMap = detailsMapOn.value;
  return (
    <section class="picture" aria-label="Picture and map">
      <div class="picture-frame" role="img" aria-label={shownMap ? mapWords(cell, chosen, model) : 'The part of the image that the network saw.'}>
        <CropPicture cell={cell} sidePx={picturePx} mapClass={shownMap ? chosen : null} opacity={mapOpacity.value} />
      </div>
      <div class="map-controls">
        <button type="button" aria-pressed={shownMap} aria-keyshortcuts="m" onClick={() => (detailsMapOn.value = !shownMap)}>
          Map
        </button>
        {shownMap && (
          <>
            <label class="field">
              of
              <select value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
                {model.classes.map(({ id, name }, i) => (
                  <option key={id} value={i}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              Opacity
              <input type="range" min="0" max="1" step="0.05" value={mapOpacity.value} onInput={(event) => (mapOpacity.value = event.currentTarget.valueAsNumber)} />
            </label>
          </>
        )}
      </div>
      {shownMap && (
        <>
          <Legend maximum={maximum} />
          <p class="small muted">
            What spoke for {inSentence(model.classes[chosen]?.name ?? '')}, as a share of the strongest region; what spoke against it is not shown. The map has {height} × {width} regions, smoothed for the eye.
          </p>
          <button type="button" class="link small" aria-expanded={withValues} onClick={() => setWithValues(!withValues)}>
            {withValues ? 'Hide values' : 'Show values'}
          </button>
          {withValues && <MapValues values={values} height={height} width={width} name={model.classes[chosen]?.name ?? ''} />}
        </>
      )}
    </section>
  );
}

/** Where the strongest region lies, for those who do not see the map. */
function mapWords(cell: Cell, chosen: number, model: ModelSpec): string {
  const values = mapOf(cell, chosen);
  const maximum = mapMaximum(values);
  const name = inSentence(model.classes[chosen]?.name ?? '');
  if (maximum === 0) return `Nothing in the image spoke for ${name}.`;
  const strongest = values.indexOf(maximum);
  return `The region that spoke most for ${name} is in row ${Math.floor(strongest / cell.maps.width) + 1} of ${cell.maps.height}, column ${(strongest % cell.maps.width) + 1} of ${cell.maps.width}.`;
}

function Legend({ maximum }: { maximum: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, legendPicture());
  }, [maximum > 0]);
  if (maximum === 0) return <p class="small">Nothing in the image spoke for this type.</p>;
  return (
    <div class="legend small">
      <span>none</span>
      <canvas ref={canvas} aria-hidden="true" />
      <span>strongest ({maximum.toLocaleString(undefined, { maximumSignificantDigits: 2 })})</span>
    </div>
  );
}

function MapValues({ values, height, width, name }: { values: Float32Array; height: number; width: number; name: string }) {
  return (
    <table class="map-values small">
      <caption>Contribution of each region to the score of {inSentence(name)}</caption>
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
      <h3 id="probabilities-title">Probability of each type</h3>
      {cell.foreign && <p class="small muted">These hold for cells like the training images only.</p>}
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
      <h3 id="where-title">Part classified</h3>
      <div>
        <svg viewBox={`0 0 ${image.width_px} ${image.height_px}`} aria-hidden="true">
          <rect class="frame" width={image.width_px} height={image.height_px} />
          <rect class="crop" x={crop.left_px} y={crop.top_px} width={crop.width_px} height={crop.height_px} />
        </svg>
        <p class="small">{partClassified(cell)}</p>
      </div>
      {sawOnlyCentre(cell) && (
        <p class="small warning" data-testid="field-of-view">
          This looks like a whole field of view; only its centre was classified. {model.frame ? 'Choose “Whole fields of view” above to find its cells.' : 'Cut out single cells first.'}
        </p>
      )}
      {image.damaged && <p class="small warning">The file is damaged: parts of the picture may not be what was stored. Copy it anew before you believe the result.</p>}
      {trainedPx !== null && !cell.inFrame && crop.width_px < trainedPx / 2 && (
        <p class="small warning">The image is smaller than the {formatCount(trainedPx)} px that this model was trained on, and was enlarged.</p>
      )}
    </section>
  );
}

function Facts({ cell }: { cell: Cell }) {
  const { image, elapsedMs } = cell;
  const file = imageAt(cell.index)?.file;
  const facts: [string, string][] = [
    ['Path', cell.path],
    ['Size', file ? formatBytes(file.size) : ''],
    ['Changed', file ? new Date(file.lastModified).toLocaleString() : ''],
    ['Format', image.format],
    ['Image', `${formatCount(image.width_px)} × ${formatCount(image.height_px)} px`],
    ['Channels', `${image.channels} of ${image.bits_per_channel} bits`],
    ...(image.pages > 1 ? [['Pages', `${formatCount(image.pages)}, the first is classified`] as [string, string]] : []),
    ['Pixel size', image.pixel_size_um === null ? 'not in the file' : `${Number(image.pixel_size_um.toPrecision(4))} µm`],
    ['EXIF orientation', image.exif_orientation === 1 ? 'none' : `${image.exif_orientation}, applied`],
    ['Notes', [...(cell.foreign ? [inSentence(foreignWords)] : []), ...flags(cell)].join(', ') || 'none'],
    ...Object.entries(elapsedMs).map(([stage, ms]): [string, string] => [`Time, ${stage}`, ms < 10 ? `${ms.toLocaleString(undefined, { maximumFractionDigits: 2 })} ms` : formatDuration(ms)]),
  ];
  return (
    <details class="facts">
      <summary>File facts</summary>
      <FactList class="small" facts={facts} />
    </details>
  );
}
