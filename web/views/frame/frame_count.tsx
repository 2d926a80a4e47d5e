/** Counting a culture: cells of all frames together, the share that lives, and how many a millilitre holds. */
import { effect, signal } from '@preact/signals';
import { asAsked, cellKey, type Chamber, countCulture, type Estimate, exportCount, type FrameCell, type ModelSpec } from '../../../src/js/index.ts';
import { saveFile, today } from '../../parts/save_file.ts';
import { inSentence } from '../../parts/words.ts';
import { settled } from '../../state/cell_set.ts';
import { exportContext } from '../../state/export_context.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import { allFrames, unreadFrames } from '../../state/frame_store.ts';
import { files, reviewNow } from '../../state/images.ts';
import { spec, threshold, types } from '../../state/models.ts';
import { remember, remembered } from '../../state/remembered.ts';
import { reviewRevision } from '../../state/review_store.ts';
import { words } from './words.ts';

export function canCount({ classes }: ModelSpec): boolean {
  return classes.length === 2;
}

/** As typed; empty: not known. The depth is that of the usual chamber, the side is different for every objective. */
const typed = signal({ side: remembered('square-side') ?? '', depth: remembered('chamber-depth') ?? '0.1', dilution: '1' });
effect(() => {
  remember('square-side', typed.value.side || null);
  remember('chamber-depth', typed.value.depth || null);
});

function chamberOf({ side, depth, dilution }: typeof typed.value): Chamber | null {
  const number = (text: string): number => Number(text.trim().replace(',', '.'));
  const chamber = { squareMm: number(side), depthMm: number(depth), dilution: number(dilution) };
  return Object.values(chamber).every((size) => size > 0 && Number.isFinite(size)) ? chamber : null;
}

export function CountPanel() {
  const model = spec.value;
  files.value;
  reviewRevision.value;
  if (!model) return null;
  const chamber = chamberOf(typed.value);
  // An overview was not searched: it is no square without cells.
  const searched = allFrames().filter(({ entry }) => !entry.analysis.choice.overview);
  const records = [...searched.map(({ frame, entry }) => ({ status: 'ok' as const, cells: entry.analysis.cells.flatMap((cell) => inUse(frame, cell)), byHand: { added: entry.analysis.cells.filter(({ searchScore }) => searchScore === null).length, removed: entry.removed.length } })), ...unreadFrames().map(() => ({ status: 'error' as const }))];
  const count = countCulture(records, model, chamber);
  const word = model.classes[0]?.name ?? '';
  const save = async (format: 'csv' | 'json'): Promise<void> => {
    await settled();
    const context = exportContext();
    if (context) saveFile(exportCount(format, count, chamber, context), format === 'csv' ? 'text/csv' : 'application/json', `cytodrop-count-${today()}.${format}`);
  };
  return (
    <form class="frame-panel" data-testid="count-panel" onSubmit={(event) => event.preventDefault()}>
      <h2>{words.count.title}</h2>
      <p class="small muted">
        {words.count.ofFrames(count.frames, count.framesNotRead)}
      </p>
      <Length name="square-side" label={words.count.side} value={typed.value.side} placeholder={words.count.sideExample} onInput={(side) => (typed.value = { ...typed.value, side })} />
      <Length name="chamber-depth" label={words.count.depth} value={typed.value.depth} onInput={(depth) => (typed.value = { ...typed.value, depth })} />
      <Length name="dilution" label={words.count.dilution} value={typed.value.dilution} onInput={(dilution) => (typed.value = { ...typed.value, dilution })} />
      <dl class="count-numbers">
        {count.counts.map(({ id, name, cells }) => (
          <Line key={id} name={name} value={formatCount(cells)} />
        ))}
        {count.unsure > 0 && <Line name={words.count.unsure} value={formatCount(count.unsure)} />}
        {count.foreign > 0 && <Line name={words.count.foreign} value={formatCount(count.foreign)} />}
        {count.addedByHand + count.removedByHand > 0 && <Line name={words.count.byHand} value={words.count.byHandCounts(count.addedByHand, count.removedByHand)} />}
        {count.notClassified > 0 && <Line name={words.count.notClassified} value={formatCount(count.notClassified)} />}
        {count.share && <Line hook="share" name={words.count.share(inSentence(word), count.cells - count.foreign - count.notClassified)} estimate={count.share} words={formatPercent} />}
        {count.shareCorrected && <Line hook="corrected" name={words.count.corrected(inSentence(word))} estimate={count.shareCorrected} words={formatPercent} />}
        {count.perMl && <Line hook="per-ml" name={words.count.perMl} estimate={count.perMl.all} words={perMl} />}
        {count.perMl && <Line hook="first-per-ml" name={words.count.firstPerMl(word)} estimate={count.perMl.first} words={perMl} />}
      </dl>
      {!count.perMl && <p class="small">{words.count.enterSide}</p>}
      <details class="count-formulas">
        <summary>{words.count.formulas}</summary>
        {[count.share, count.shareCorrected, count.perMl?.all, count.perMl?.first].map((estimate) => estimate && (
          <p key={estimate.formula} class="small muted">
            {estimate.formula}
          </p>
        ))}
      </details>
      <p class="small muted">
        {words.count.intervals}
      </p>
      <p class="frame-buttons">
        <button type="button" data-testid="count-csv" disabled={count.cells === 0} onClick={() => void save('csv')}>
          {words.count.saveCsv}
        </button>
        <button type="button" data-testid="count-json" disabled={count.cells === 0} onClick={() => void save('json')}>
          {words.count.saveJson}
        </button>
      </p>
    </form>
  );
}

/** A cell under the threshold in use. */
/** As a person said, else as the model does under what is asked of it; what is no cell is not there, and what is neither type is not classified. */
function inUse(frame: number, cell: FrameCell): Countable[] {
  const answer = reviewNow(cellKey(frame, cell.id), 'fields')?.first;
  if (answer) return answer.outcome === 'no_cell' ? [] : [answer.type === null ? {} : { verdict: { label: answer.type, unsure: false, foreign: false } }];
  return [cell.verdict && spec.value ? { verdict: asAsked(cell.verdict, spec.value, { unsureBelow: threshold.value, types: types.value }) } : {}];
}

type Countable = { verdict?: { label: string; unsure: boolean; foreign: boolean } };

/** Three digits: a count in a chamber is never known better. */
function perMl(value: number): string {
  return value.toLocaleString(undefined, { maximumSignificantDigits: 3 });
}

function Length({ name, label, value, placeholder, onInput }: { name: string; label: string; value: string; placeholder?: string; onInput: (text: string) => void }) {
  return (
    <label class="frame-number small">
      <span>{label}</span>
      <input type="text" inputMode="decimal" autocomplete="off" data-testid={name} value={value} placeholder={placeholder} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}

type LineProps = { name: string; hook?: string } & ({ value: string } | { estimate: Estimate; words: (value: number) => string });

function Line({ name, hook, ...rest }: LineProps) {
  return (
    <div class={'value' in rest ? '' : 'estimate'}>
      <dt>{name}</dt>
      {'value' in rest ? (
        <dd class="number">{rest.value}</dd>
      ) : (
        <dd class="number" data-testid={hook && `count-${hook}`} data-value={rest.estimate.value} title={rest.estimate.formula}>
          <strong>{rest.words(rest.estimate.value)}</strong>{' '}
          <span class="muted">
            ({rest.words(rest.estimate.low95).replace(/\s*%$/, '')}–{rest.words(rest.estimate.high95)})
          </span>
        </dd>
      )}
    </div>
  );
}
