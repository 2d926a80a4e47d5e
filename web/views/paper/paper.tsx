/** One page to print: what was asked, what was found with its doubt, examples, and where all of it comes from. */
import { useEffect, useMemo } from 'preact/hooks';
import { appVersion, commit, isConfirmed, type ModelSpec, researchNote, wilsonInterval } from '../../../src/js/index.ts';
import { histogramPlot, type PlotFigure, scoresOf, scoreWords, sharesPlot, svgElement } from '../../../src/js/plots.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { CropPicture } from '../../parts/crop_picture.tsx';
import { FactList } from '../../parts/fact_list.tsx';
import { sharesOf } from '../../parts/shares.ts';
import { className, inSentence, intervalWords, noType, probabilityWords, saidWord, verdict } from '../../parts/words.ts';
import { cellMeasures, plotted } from '../../state/cell_measures.ts';
import { formatPercent, formatTimes } from '../../state/format.ts';
import { allFrames, type Cell, cellKind, labelOf } from '../../state/frame_store.ts';
import { cells, files, unread } from '../../state/images.ts';
import { leftOut } from '../../state/left_out.ts';
import { mode } from '../../state/mode.ts';
import { cellSet, imageScale, isOwn, modelState, spec, threshold, types } from '../../state/models.ts';
import { project } from '../../state/projects.ts';
import { measureInputs, measureNow, measuring } from '../../state/measuring.ts';
import { reviewer } from '../../state/reviewing.ts';
import { isFiltered, layout, question, shown, subset, thisFrameOnly } from '../../state/view.ts';
import './paper.css';
import { words } from './words.ts';

/** Examples of each type. */
const ofEach = 4;
const ofDoubtful = 8;
const picturePx = 128;

export function Paper() {
  const model = spec.value;
  if (!model) return null;
  return (
    <article class="paper" data-testid="paper" aria-label={words.region}>
      <p class="paper-actions">
        <button type="button" class="main" data-testid="print" onClick={() => window.print()}>
          {words.print}
        </button>
        <button type="button" data-testid="leave-paper" onClick={() => (layout.value = mode.value === 'fields' ? 'frame' : 'gallery')}>
          {words.back}
        </button>
        <span class="small muted">{words.hint}</span>
      </p>
      <header class="paper-head">
        <p class="small">{words.kicker}</p>
        <h2>{project.value?.name ?? model.title}</h2>
        <p class="small">{words.author(reviewer.value, new Date().toLocaleDateString(undefined, { dateStyle: 'long' }))}</p>
        <p class="paper-note">
          <strong>{researchNote}.</strong>
        </p>
      </header>
      <section class="paper-question">
        <h3>{words.question}</h3>
        <textarea data-testid="question" class="on-screen" rows={2} maxLength={2000} aria-label={words.question} placeholder={words.questionHint} value={question.value} onInput={(event) => (question.value = event.currentTarget.value)} />
        <p class="on-paper">{question.value || words.noQuestion}</p>
      </section>
      <Images model={model} />
      <Counts model={model} />
      <Examples model={model} />
      <Plots model={model} />
      <Measured model={model} />
      <Reviewed model={model} />
      <Provenance model={model} />
    </article>
  );
}

function Images({ model }: { model: ModelSpec }) {
  const frames = mode.value === 'fields' ? allFrames() : [];
  const removed = frames.reduce((sum, { entry }) => sum + entry.removed.length, 0);
  const added = frames.reduce((sum, { entry }) => sum + entry.analysis.cells.filter(({ searchScore }) => searchScore === null).length, 0);
  const settings = frames[0]?.entry.analysis.settings;
  return (
    <section>
      <h3>{words.images}</h3>
      <ul>
        <li>{words.imagesWords(files.value.length - leftOut.value.size, unread.value.length, shown.value.length)}</li>
        {subset.value && <li>{words.filtered(subset.value.words)}</li>}
        {(isFiltered.value || (thisFrameOnly.value && mode.value === 'fields')) && (
          <li class="warning">
            <strong>{words.part(shown.value.length, cells.value.length)}</strong>
          </li>
        )}
        {leftOut.value.size > 0 && <li>{words.leftOut(leftOut.value.size)}</li>}
        {removed + added > 0 && <li>{words.removed(removed, added)}</li>}
        {settings && <li>{words.search(settings.method, settings.least_diameter, settings.most_diameter, settings.pixel_size_um === null ? 'px' : 'µm')}</li>}
        <li>{words.threshold(formatPercent(threshold.value))}</li>
        {types.value && <li>{words.types(types.value.map((id) => inSentence(className(model, id))).join(', '))}</li>}
        {mode.value === 'cells' && imageScale.value !== 1 && <li>{words.scale(formatTimes(1 / imageScale.value))}</li>}
      </ul>
      {cellSet.value?.foreign && (
        <p class="warning">
          <strong>{words.foreign}</strong>
        </p>
      )}
    </section>
  );
}

function Counts({ model }: { model: ModelSpec }) {
  const shares = sharesOf(shown.value, model).filter(({ count, index }) => count > 0 || index >= 0);
  const total = shown.value.filter((cell) => cellKind(cell) !== 'no_cell').length;
  const named = shares.filter(({ index }) => index >= 0);
  const plot = useMemo(() => (named.length > 1 && total > 0 ? sharesPlot(named.map(({ index, count }) => ({ index, count, share: count / total, interval: wilsonInterval(count, total) })), model.classes) : null), [shown.value, model]);
  return (
    <section>
      <h3>{words.counts}</h3>
      <div class="paper-columns">
        <table>
          <thead>
            <tr>
              <th scope="col">{words.type}</th>
              <th scope="col" class="number">{words.cells}</th>
              <th scope="col" class="number">{words.share}</th>
              <th scope="col" class="number">{words.interval}</th>
            </tr>
          </thead>
          <tbody>
            {shares.map(({ id, name, letter, index, count }) => (
              <tr key={id}>
                <th scope="row">
                  <ClassMark index={index} letter={letter} /> {name}
                </th>
                <td class="number">{count}</td>
                <td class="number">{id === 'no_cell' || total === 0 ? '–' : formatPercent(count / total)}</td>
                <td class="number">{id === 'no_cell' || total === 0 ? '–' : intervalWords(wilsonInterval(count, total))}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {plot && <Picture figure={plot} />}
      </div>
      <p class="small muted">{words.countsHint}</p>
    </section>
  );
}

function Picture({ figure }: { figure: PlotFigure }) {
  return (
    <figure class="paper-plot">
      <figcaption class="small">{figure.title}</figcaption>
      <div ref={(box) => box?.replaceChildren(svgElement(document, figure.svg))} />
    </figure>
  );
}

/** Surest first, and answers of people before them. */
function examplesOf(cells: readonly Cell[], id: string): Cell[] {
  return cells.filter((cell) => cellKind(cell) === 'type' && labelOf(cell) === id).sort((a, b) => Number(b.review?.first != null) - Number(a.review?.first != null) || b.probability - a.probability).slice(0, ofEach);
}

function Examples({ model }: { model: ModelSpec }) {
  const groups = useMemo(() => model.classes.map(({ id, name, letter }, index) => ({ id, name, letter, index, cells: examplesOf(shown.value, id) })).filter(({ cells }) => cells.length > 0), [shown.value, model]);
  const doubtful = shown.value.filter((cell) => ['unsure', 'foreign', 'quality', 'cannot_tell'].includes(cellKind(cell))).slice(0, ofDoubtful);
  if (groups.length + doubtful.length === 0) return null;
  return (
    <section>
      <h3>{words.examples}</h3>
      <div class="paper-examples">
        {groups.map(({ id, name, letter, index, cells }) => (
          <div key={id} class="paper-group">
            <p>
              <ClassMark index={index} letter={letter} /> {name}
            </p>
            <div class="paper-pictures">{cells.map((cell) => <Example key={cell.index} cell={cell} model={model} />)}</div>
          </div>
        ))}
        {doubtful.length > 0 && (
          <div class="paper-group wide">
            <p>
              {words.doubtful} <span class="small muted">{words.doubtfulHint}</span>
            </p>
            <div class="paper-pictures">{doubtful.map((cell) => <Example key={cell.index} cell={cell} model={model} />)}</div>
          </div>
        )}
      </div>
    </section>
  );
}

function Example({ cell, model }: { cell: Cell; model: ModelSpec }) {
  return (
    <figure class="paper-example">
      <CropPicture cell={cell} sidePx={picturePx} mapClass={null} opacity={0} />
      <figcaption title={verdict(model, cell)}>{saidWord(cell) ?? noType(cell)?.short ?? (cellKind(cell) === 'unsure' ? words.perhaps(inSentence(className(model, cell.label)), probabilityWords(cell)) : probabilityWords(cell))}</figcaption>
    </figure>
  );
}

function Plots({ model }: { model: ModelSpec }) {
  const { types: places } = plotted.value;
  const measures = cellMeasures.value.filter(({ key }) => ['areaPx', 'circularity', 'greyMean', 'brightness', 'contrast'].includes(key)).slice(0, 3);
  const plots = useMemo(() => measures.map(({ label, values }) => histogramPlot({ label, values }, model.classes, places)), [measures.length, places, model]);
  if (plots.length === 0) return null;
  return (
    <section>
      <h3>{words.plots}</h3>
      <div class="paper-plots">{plots.map((figure) => <Picture key={figure.name} figure={figure} />)}</div>
    </section>
  );
}

function Measured({ model }: { model: ModelSpec }) {
  useEffect(() => void measureNow(), [measureInputs.value]);
  const now = measuring.value;
  const { test } = model.metrics;
  return (
    <section>
      <h3>{words.measurement}</h3>
      {now.state === 'done' ? (
        <>
          <p>{words.of(now.measurement.cells, now.context.truth)}</p>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.score}</th>
                <th scope="col" class="number">{words.value}</th>
                <th scope="col" class="number">{words.interval}</th>
              </tr>
            </thead>
            <tbody>
              {scoresOf(now.measurement).map(({ name, measured: { value, interval: ends } }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{scoreWords(value)}</td>
                  <td class="number">{ends ? `${scoreWords(ends[0])}–${scoreWords(ends[1])}` : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : (
        <p>
          {words.notMeasured} {test && words.home(formatPercent(test.accuracy), intervalWords(test.accuracy_interval_95), test.images)}
        </p>
      )}
    </section>
  );
}

function Reviewed({ model }: { model: ModelSpec }) {
  const answers = shown.value.flatMap((cell) => (cell.review?.first ? [{ cell, answer: cell.review.first }] : []));
  const corrected = answers.filter(({ cell, answer }) => !isConfirmed(cell.label, answer)).length;
  const readers = [...new Set(answers.map(({ answer }) => answer.reviewer).filter((name) => name !== ''))].join(', ');
  const notes = shown.value.filter(({ review }) => review?.note).slice(0, 20);
  return (
    <section>
      <h3>{words.reviewed}</h3>
      <p>{answers.length === 0 ? words.reviewedNone : words.reviewedWords(answers.length, shown.value.length, corrected, readers)}</p>
      {notes.length > 0 && (
        <>
          <h4>{words.notes}</h4>
          <ul>
            {notes.map((cell) => (
              <li key={cell.index}>
                {cell.path}, {verdict(model, cell)}: {cell.review?.note}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Provenance({ model }: { model: ModelSpec }) {
  const state = modelState.value;
  const runtime = state.phase === 'ready' ? state.runtime : null;
  const facts: [string, string][] = [
    [words.facts.model, `${model.title} (${model.name} ${model.version})`], ...(isOwn.value ? [[words.facts.owner, model.author ?? words.notKnown] as [string, string]] : []), [words.facts.spec, runtime?.specSha256 ?? words.notKnown], [words.facts.network, model.network.sha256],
    [words.facts.software, `Cytodrop ${appVersion}, ${runtime?.engine.name ?? words.notKnown}`], [words.facts.commit, commit || words.notKnown],
    [words.facts.selfTest, state.phase === 'ready' && state.selfTest.passed ? words.passed : words.notKnown], [words.facts.browser, navigator.userAgent], [words.facts.made, new Date().toISOString()],
  ];
  return (
    <section class="paper-facts">
      <h3>{words.from}</h3>
      <FactList facts={facts} />
    </section>
  );
}

