/** Runs in Chromium: the page's pool of workers by itself, without the page that shows the results. */
import { ClassifierClient } from '../../web/worker_client.ts';

const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true });
document.body.append(input);

const client = new ClassifierClient(undefined, () => {});
const { workers } = await client.loadModel('blood-smear', () => {});
let done = 0;
input.addEventListener('change', () => {
  const jobs = [...(input.files ?? [])].map((file, index) => ({ index, file }));
  void client.classify(jobs, (_, outcome) => {
    if (outcome.status === 'error') throw new Error(outcome.message);
    done += 1;
    // As often as the page shows it, which costs next to nothing.
    if (done % 50 === 0 || done === jobs.length) document.body.dataset['done'] = String(done);
  });
});
document.body.dataset['workers'] = String(workers);
