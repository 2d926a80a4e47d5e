/** Checks an exported report against the images on the page. */
import { useState } from 'preact/hooks';
import { formatCount } from '../format.ts';
import { checkReport, checkWords, readReport, type CheckResult } from '../provenance.ts';
import { finishedRecords, messageOf, modelState, progress, spec } from '../state/session.ts';
import { Dialog } from './dialog.tsx';

const mostShown = 100;

export function CheckDialog() {
  const [result, setResult] = useState<CheckResult | { message: string } | null>(null);
  const { done, total } = progress.value;
  const check = async (file: File | undefined): Promise<void> => {
    const [model, state] = [spec.value, modelState.value];
    if (!file || !model || state.phase !== 'ready') return;
    try {
      setResult(checkReport(readReport(await file.text()), finishedRecords(), model, state.runtime.specSha256 ?? null));
    } catch (error) {
      setResult({ message: messageOf(error) });
    }
  };
  return (
    <Dialog name="check" title="Check a report">
      <p>
        Choose a report that was exported as JSON. It is compared with what this browser gives now for the {formatCount(done)} images on the page; they are
        known by their pixels, whatever their names.
      </p>
      {done < total && <p class="small warning">Not all images are done yet.</p>}
      <label class="field">
        Report
        <input type="file" accept=".json,application/json" data-testid="check-file" disabled={modelState.value.phase !== 'ready'} onChange={(event) => void check(event.currentTarget.files?.[0])} />
      </label>
      <div role="status" data-testid="check-result">
        {result && ('message' in result ? <p class="warning">{result.message}</p> : <Result result={result} />)}
      </div>
    </Dialog>
  );
}

function Result({ result }: { result: CheckResult }) {
  const { differences, missing, surplus } = result;
  const lines = [
    ...differences.map(({ file, what, reported, now }) => `${file === '' ? 'Model' : file}: ${what} was ${reported}, is ${now}`),
    ...missing.map((file) => `${file}: no image on the page has its pixels`),
  ];
  return (
    <>
      <p>
        <strong>{checkWords(result)}</strong>
      </p>
      {surplus > 0 && <p class="small">{formatCount(surplus)} images on the page are not in the report.</p>}
      {lines.length > 0 && (
        <ul class="small">
          {lines.slice(0, mostShown).map((line) => (
            <li key={line}>{line}</li>
          ))}
          {lines.length > mostShown && <li>and {formatCount(lines.length - mostShown)} more</li>}
        </ul>
      )}
    </>
  );
}
