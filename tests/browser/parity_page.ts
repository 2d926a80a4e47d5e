/** Runs in every browser: the page's pool of workers on the simulated samples, and every number that comes out, to the last bit. */
import { ClassifierClient } from '../../web/worker_client.ts';
import { bitsOf, bitsOfCells, bitsOfChecks, fieldSearch } from './parity_bits.ts';
import { searchMethods } from '../../src/js/frames/search.ts';

/** A line for each sample. */
async function classifySamples(model: string, files: string[], workers: number): Promise<string[]> {
  Object.defineProperty(navigator, 'hardwareConcurrency', { configurable: true, get: () => workers });
  const client = new ClassifierClient(undefined, () => {});
  const loaded = await client.loadModel(model, () => {});
  if (loaded.workers !== workers || loaded.runtime.engine.kind !== 'core' || !loaded.selfTest.passed) throw new Error(JSON.stringify(loaded));
  const images = await Promise.all(files.map(async (file) => new File([await (await fetch(`samples/${file}`)).blob()], file)));
  const lines: Promise<string>[] = [];
  await client.classify(images.map((file, index) => ({ index, file })), (index, outcome) => {
    lines[index] = bitsOf(files[index] ?? '', outcome);
  });
  return Promise.all(lines);
}

/** Finds the cells of a simulated field by each method. */
async function searchField(model: string, file: string): Promise<string[]> {
  const client = new ClassifierClient(undefined, () => {});
  await client.loadModel(model, () => {});
  const frame = await client.openFrame(new File([await (await fetch(`samples/${file}`)).blob()], file));
  const lines: string[] = [];
  for (const method of searchMethods) lines.push(await bitsOfCells((await frame.detect({ ...fieldSearch, method })).cells));
  await frame.close();
  return lines;
}

/** Everything that can be checked of one sample. */
async function checkSample(model: string, file: string): Promise<string> {
  const client = new ClassifierClient(undefined, () => {});
  await client.loadModel(model, () => {});
  return bitsOfChecks(file, await client.check(new File([await (await fetch(`samples/${file}`)).blob()], file)));
}

Object.assign(globalThis, { classifySamples, searchField, checkSample });
document.body.dataset['ready'] = '';
