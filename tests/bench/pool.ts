/** Runs in Chromium: the pool of workers by itself, without the page that shows the results. */
import { ClassifierClient } from '../../web/worker_client.ts';

const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true });
document.body.append(input);

/** Classifies the files of the input. Returns how long it took and how many were classified. */
async function run(): Promise<{ ms: number; ok: number; workers: number }> {
  const client = new ClassifierClient(undefined, () => {});
  const { workers } = await client.loadModel('blood-smear', () => {});
  const jobs = [...(input.files ?? [])].map((file, index) => ({ index, file }));
  let ok = 0;
  await client.classify(jobs.slice(0, 200), () => {});
  const started = performance.now();
  await client.classify(jobs, (_, outcome) => { if (outcome.status === 'ok') ok += 1; });
  return { ms: performance.now() - started, ok, workers };
}

Object.assign(globalThis, { run });
