/** Runs in every browser: the library on the simulated samples, and every number that comes out, to the last bit. */
import { allChecks, Classifier, searchMethods } from '../../src/js/index.ts';
import { bitsOf, bitsOfCells, bitsOfChecks, fieldSearch } from './parity_bits.ts';

const open = (model: string): Promise<Classifier> => Classifier.open(model, { home: new URL('./', document.baseURI) });
const sample = async (file: string): Promise<File> => new File([await (await fetch(`samples/${file}`)).blob()], file);

/** A line for each sample. */
async function classifySamples(model: string, files: string[], workers: number): Promise<string[]> {
  Object.defineProperty(navigator, 'hardwareConcurrency', { configurable: true, get: () => workers });
  await using classifier = await open(model);
  if (classifier.workers !== workers || classifier.runtime.engine.kind !== 'core' || !classifier.selfTest.passed) throw new Error(JSON.stringify(classifier.runtime));
  const lines: string[] = [];
  for await (const record of classifier.classifyAll(await Promise.all(files.map(sample)))) lines[record.index] = await bitsOf(files[record.index] ?? '', record);
  return lines;
}

/** Finds the cells of a simulated field by each method. */
async function searchField(model: string, file: string): Promise<string[]> {
  await using classifier = await open(model);
  await using frame = await classifier.openFrame(await sample(file));
  const lines: string[] = [];
  for (const method of searchMethods) lines.push(await bitsOfCells(await frame.findCells({ ...fieldSearch, method })));
  return lines;
}

/** Everything that can be checked of one sample. */
async function checkSample(model: string, file: string): Promise<string> {
  await using classifier = await open(model);
  return bitsOfChecks(file, await classifier.classify(await sample(file), { checks: allChecks }));
}

Object.assign(globalThis, { classifySamples, searchField, checkSample });
document.body.dataset['ready'] = '';
