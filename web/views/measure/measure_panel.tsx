/** How good the model is on the cells of the page: who says what they are, what may count, and the figures. */
import { useEffect, useState } from 'preact/hooks';
import { ColumnChoice } from '../../parts/column_choice.tsx';
import { Choice } from '../../parts/choice.tsx';
import { className, inSentence } from '../../parts/words.ts';
import { cells } from '../../state/images.ts';
import {
  allTheSame, answers, foldersTell, inField, measureInputs, measureNow, measuring, namesInTable, showCells, takeTable, unknownFolders, wronglyNamed,
} from '../../state/measuring.ts';
import { grouping, source, table, type TruthSource } from '../../state/label_table.ts';
import { mode } from '../../state/mode.ts';
import { secondSpec, spec } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { runState } from '../../state/progress.ts';
import { goToNext, setReviewing } from '../../state/reviewing.ts';
import { drawSample, sample } from '../../state/worklist.ts';
import { CellPlots } from './cell_plots.tsx';
import { MeasurementView } from './measurement_view.tsx';
import { SharesTable } from './shares_table.tsx';
import { words as all } from './words.ts';

const words = all.panel;
const usualSample = 100;

export function MeasurePanel() {
  const model = spec.value;
  // Once, and before a person can choose.
  useState(() => {
    if (foldersTell.value && answers.value.given === 0 && table.value === null) source.value = 'folders';
  });
  useEffect(() => {
    if (runState.value !== 'running') void measureNow();
  }, [measureInputs.value, runState.value === 'running']);
  const [what, setWhat] = useState<'model' | 'cells'>('model');
  if (!model) return null;
  const now = measuring.value;
  const groups = mode.value === 'fields' ? words.groups : { none: words.groups.none, folder: words.groups.folder };
  return (
    <section class="measure-panel" data-testid="measure-panel" data-state={now.state} aria-label={words.region}>
      <div class="field">
        {words.what}
        <Choice<'model' | 'cells'> name="measure" label={words.what} value={what} words={words.whats} onChoose={setWhat} />
      </div>
      {what === 'cells' && <CellPlots />}
      {what === 'model' && <><div class="measure-row">
        <div class="field">
          {words.truth}
          <Choice<TruthSource> name="truth" label={words.truth} value={source.value} words={words.sources} onChoose={(one) => (source.value = one)} />
        </div>
        <div class="field">
          {words.group}
          <Choice name="group" label={words.group} value={grouping.value} words={groups as typeof words.groups} onChoose={(one) => (grouping.value = one)} />
        </div>
      </div>
      {source.value === 'folders' && foldersTell.value && unknownFolders.value.length > 0 && <p class="small warning" data-testid="unknown-folders">{words.unknownFolders(unknownFolders.value)}</p>}
      {source.value === 'folders' && !foldersTell.value && <p class="small">{words.noFolders(model.classes.map(({ name }) => name).join(', '))}</p>}
      {source.value === 'table' && <TableChoice />}
      {source.value === 'review' && <SampleChoice />}
      {now.state === 'failed' && <p role="alert" class="warning">{now.message}</p>}
      {now.state === 'computing' && <p role="status">{words.computing}</p>}
      {now.state === 'done' && (
        <>
          <p>
            <button type="button" data-testid="show-wrong" onClick={() => showCells(words.wrong(wronglyNamed(now).length), wronglyNamed(now))}>
              {words.showWrong(wronglyNamed(now).length)}
            </button>
          </p>
          {now.shares && <SharesTable shares={now.shares} spec={model} />}
          <MeasurementView
            measurement={now.measurement}
            spec={model}
            accounting={now.context.accounting}
            cells={now.cells}
            context={now.context}
            {...(now.comparison && secondSpec.value && { comparison: { found: now.comparison, first: model.title, second: secondSpec.value.title } })}
            onSelect={(field) => showCells(words.field(inSentence(model.classes[field.truth]?.name ?? ''), inSentence(model.classes[field.named]?.name ?? '')), inField(now, field))}
          />
        </>
      )}
      </>}
    </section>
  );
}

/** Answers count where the cells were drawn at random: before there are such, how to come by them. */
function SampleChoice() {
  const { given, ofSample, drawn, since } = answers.value;
  const total = cells.value.length;
  const draw = (byType: boolean): void => {
    drawSample(Math.min(usualSample, total), byType);
    setReviewing(true);
    goToNext(true);
  };
  const goOn = (): void => {
    setReviewing(true);
    goToNext();
  };
  return (
    <div class={`measure-note ${allTheSame.value ? 'warned' : ''}`} data-testid="sample-note" data-of-sample={ofSample} data-drawn={drawn}>
      {drawn === 0 ? (
        <>
          <p>{given > 0 ? words.notDrawn(given) : words.noAnswers}</p>
          <p class="small muted">{words.whyRandom}</p>
          <p class="measure-row">
            <button type="button" class="main" data-testid="draw-to-label" onClick={() => draw(false)}>
              {words.draw(Math.min(usualSample, total))}
            </button>
            <button type="button" data-testid="draw-by-type-to-label" onClick={() => draw(true)}>
              {words.drawByType(Math.min(usualSample, total))}
            </button>
            {given > 0 && (
              <label class="check small">
                <input type="checkbox" data-testid="all-the-same" checked={allTheSame.value} onChange={(event) => (allTheSame.value = event.currentTarget.checked)} />
                {words.allTheSame}
              </label>
            )}
          </p>
          {allTheSame.value && <p class="warning"><strong>{words.noMeasure}</strong></p>}
        </>
      ) : (
        <>
          <p>
            {words.ofSample(ofSample, drawn, sample.value?.of ?? total)} {sample.value?.strata && words.weighted}
          </p>
          {since > 0 && <p class="warning">{words.since(since)}</p>}
          {ofSample < drawn && (
            <p>
              <span class="warning">{words.incomplete(drawn - ofSample)}</span>{' '}
              <button type="button" data-testid="go-on-labelling" onClick={goOn}>
                {words.goOn}
              </button>
            </p>
          )}
        </>
      )}
    </div>
  );
}

function TableChoice() {
  const [trouble, setTrouble] = useState('');
  const known = table.value;
  const model = spec.value;
  const take = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const [file] = event.currentTarget.files ?? [];
    event.currentTarget.value = '';
    if (!file) return;
    setTrouble('');
    takeTable(file).catch((error: unknown) => setTrouble(`${file.name}: ${messageOf(error)}`));
  };
  return (
    <div class="measure-note">
      <p class="measure-row">
        <label class="button">
          <input type="file" class="visually-hidden" data-testid="labels-file" accept=".csv,.tsv,.txt,text/csv" onChange={take} />
          {known ? words.otherTable : words.chooseTable}
        </label>
        {known && (
          <>
            <strong>{known.file}</strong>
            <ColumnChoice word={words.fileColumn} value={known.fileColumn} heads={known.heads} onChoose={(fileColumn) => (table.value = { ...known, fileColumn })} />
            <ColumnChoice word={words.typeColumn} value={known.typeColumn} heads={known.heads} onChoose={(typeColumn) => (table.value = { ...known, typeColumn, names: {} })} />
          </>
        )}
      </p>
      {trouble && <p role="alert" class="warning">{trouble}</p>}
      {!known && <p class="small muted">{words.tableHint}</p>}
      {known && model && (
        <table class="small names" data-testid="names-in-table">
          <caption class="visually-hidden">{words.names}</caption>
          <thead>
            <tr>
              <th scope="col">{words.name}</th>
              <th scope="col">{words.rows}</th>
              <th scope="col">{words.takenFor}</th>
            </tr>
          </thead>
          <tbody>
            {namesOf().map(({ name, rows, type }) => (
              <tr key={name} class={type === null ? 'unknown' : ''}>
                <td>{name}</td>
                <td class="number">{rows}</td>
                <td>
                  <select aria-label={words.takenForName(name)} value={type ?? ''} onChange={(event) => (table.value = { ...known, names: { ...known.names, [name]: event.currentTarget.value } })}>
                    <option value="">{words.leftOut}</option>
                    {model.classes.map(({ id }) => (
                      <option key={id} value={id}>
                        {className(model, id)}
                      </option>
                    ))}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** What is wrong with the table is said by the measurement. */
function namesOf(): typeof namesInTable.value {
  try {
    return namesInTable.value;
  } catch {
    return [];
  }
}
