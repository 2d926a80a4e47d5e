/** Runs in Chromium: the page's pool of workers by itself, without the page that shows the results. */
import { Classifier } from '../../src/js/index.ts';

const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true });
document.body.append(input);

const classifier = await Classifier.open('blood-smear', { home: new URL('./', document.baseURI) });
let done = 0;

async function classifyAll(files: File[]): Promise<void> {
  for await (const outcome of classifier.classifyAll(files)) {
    if (outcome.status === 'error') throw new Error(outcome.message);
    done += 1;
    // As often as the page shows it, which costs next to nothing.
    if (done % 50 === 0 || done === files.length) document.body.dataset['done'] = String(done);
  }
}

input.addEventListener('change', () => void classifyAll([...(input.files ?? [])]));
document.body.dataset['workers'] = String(classifier.workers);
