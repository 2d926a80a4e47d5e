/** Runs in every browser: the library on the simulated samples, and every number that comes out, to the last bit. */
import { allChecks, Classifier, searchMethods } from '../../src/js/index.ts';
import { bitsOf, bitsOfCells, bitsOfChecks, fieldSearch } from './parity_bits.ts';

const sample = async (file: string): Promise<File> => new File([await (await fetch(`samples/${file}`)).blob()], file);

/** WebKit has no `Symbol.asyncDispose` yet, and so no `await using`. */
async function withClassifier<T>(model: string, work: (classifier: Classifier) => Promise<T>): Promise<T> {
  const classifier = await Classifier.open(model, { home: new URL('./', document.baseURI) });
  try {
    return await work(classifier);
  } finally {
    await classifier.close();
  }
}

/** A line for each sample. */
function classifySamples(model: string, files: string[], workers: number): Promise<string[]> {
  Object.defineProperty(navigator, 'hardwareConcurrency', { configurable: true, get: () => workers });
  return withClassifier(model, async (classifier) => {
    if (classifier.workers !== workers || classifier.runtime.engine.kind !== 'core' || !classifier.selfTest.passed) throw new Error(JSON.stringify(classifier.runtime));
    const lines: string[] = [];
    for await (const record of classifier.classifyAll(await Promise.all(files.map(sample)))) lines[record.index] = await bitsOf(files[record.index] ?? '', record);
    return lines;
  });
}

/** Finds the cells of a simulated field by each method. */
function searchField(model: string, file: string): Promise<string[]> {
  return withClassifier(model, async (classifier) => {
    const frame = await classifier.openFrame(await sample(file));
    const lines: string[] = [];
    for (const method of searchMethods) lines.push(await bitsOfCells(await frame.findCells({ ...fieldSearch, method })));
    return lines;
  });
}

/** Everything that can be checked of one sample. */
function checkSample(model: string, file: string): Promise<string> {
  return withClassifier(model, async (classifier) => bitsOfChecks(file, await classifier.classify(await sample(file), { checks: allChecks })));
}

Object.assign(globalThis, { classifySamples, searchField, checkSample });
document.body.dataset['ready'] = '';
