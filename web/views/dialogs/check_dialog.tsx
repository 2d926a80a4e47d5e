/** Checks an exported report against the images on the page. */
import { useEffect, useState } from 'preact/hooks';
import { checkLines, checkReport, type CheckResult, checkWords, readReport, type Report } from '../../../src/js/index.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { openFilePicker, openFolderPicker } from '../../parts/file_inputs.tsx';
import { bringToSize, chooseMode } from '../../state/adding.ts';
import { checkFrames, droppedReport } from '../../state/asking.ts';
import { finishedRecords, progress } from '../../state/images.ts';
import { chooseModel } from '../../state/model_choice.ts';
import { chosenName, listings, modelsInUse, modelState } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { runState } from '../../state/progress.ts';
import { words } from './words.ts';

const mostShown = 100;

export function CheckDialog() {
  const [report, setReport] = useState<File | null>(droppedReport.value);
  const [result, setResult] = useState<CheckResult | { message: string } | null>(null);
  const [done, setDone] = useState<{ done: number; total: number } | null>(null);
  const ready = modelState.value.phase === 'ready';
  const waiting = runState.value === 'running';
  const empty = progress.value.total === 0;
  useEffect(() => () => void (droppedReport.value = null), []);
  useEffect(() => {
    if (!report || !ready || waiting || empty) return;
    const stop = new AbortController();
    setResult(null);
    void check(report, stop.signal, (count, total) => setDone({ done: count, total }))
      .catch((error: unknown) => ({ message: messageOf(error) }))
      .then((found) => {
        if (stop.signal.aborted) return;
        setDone(null);
        setResult(found ?? null);
      });
    return () => stop.abort();
  }, [report, ready, waiting, empty]);
  useEffect(() => {
    if (!report || !empty) return;
    setResult(null);
    report.text().then((text) => prepareFor(readReport(text))).catch((error: unknown) => setResult({ message: messageOf(error) }));
  }, [report]);
  return (
    <Dialog name="check" title={words.check.title}>
      <p>{empty ? words.check.introEmpty : words.check.intro(progress.value.total)}</p>
      <label class="field">
        {words.check.report}
        <input type="file" accept=".json,application/json" data-testid="check-file" disabled={!ready} onChange={(event) => setReport(event.currentTarget.files?.[0] ?? null)} />
      </label>
      {report && empty && result === null && (
        <div data-testid="check-add">
          <p>
            <strong>{words.check.addImages(report.name)}</strong>
          </p>
          <p class="frame-buttons">
            <button type="button" class="main" onClick={openFilePicker}>
              {words.check.choose}
            </button>
            <button type="button" onClick={openFolderPicker}>
              {words.check.chooseFolder}
            </button>
          </p>
        </div>
      )}
      {report && waiting && <p class="small muted">{words.check.waiting(report.name)}</p>}
      {done && done.total > 0 && (
        <p class="small muted" data-testid="check-progress">
          {words.check.progress(done.done, done.total)}
        </p>
      )}
      <div role="status" data-testid="check-result">
        {result && ('message' in result ? <p class="warning">{result.message}</p> : <Result result={result} />)}
      </div>
    </Dialog>
  );
}

/** Before there are images: looks at them as the report did. */
function prepareFor({ of, model, imageScale }: Report): void {
  chooseMode(of === 'cells' ? 'cells' : 'fields');
  const sum = model.sums['spec_sha256'];
  const found = listings.value.find(({ added }) => added && sum !== null && added.specSha256 === sum) ?? listings.value.find(({ name, added }) => !added && name === model.name);
  if (found && found.name !== chosenName.value) void chooseModel(found.name);
  bringToSize(of === 'cells' ? imageScale : 1);
}

/** Returns: undefined where no model is ready. Raises: the signal's reason where it was cancelled. */
async function check(file: File, signal: AbortSignal, onDone: (done: number, total: number) => void): Promise<CheckResult | undefined> {
  const report = readReport(await file.text());
  const now = modelsInUse();
  if (now === undefined) return undefined;
  if (report.of === 'cells') {
    if (finishedRecords().length === 0) throw new Error(words.check.ofCells);
    return checkReport(report, finishedRecords(), now);
  }
  return checkFrames(report, signal, onDone);
}

function Result({ result }: { result: CheckResult }) {
  const lines = checkLines(result);
  return (
    <>
      <p>
        <strong data-reproduced={result.reproduced}>{checkWords(result)}</strong>
      </p>
      {lines.length > 0 && (
        <ul class="small bullets">
          {lines.slice(0, mostShown).map((line, i) => (
            <li key={i}>{line}</li>
          ))}
          {lines.length > mostShown && <li>{words.check.more(lines.length - mostShown)}</li>}
        </ul>
      )}
    </>
  );
}
