/** Options of several commands, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Classifier, CytodropError, defaultJobs, type EngineKind, engineKinds, type ModelSource, type ModelSpec, typesOf } from '../js/index.ts';
import { UsageError } from './exit.ts';

/** Reads a number between two others, ends included. */
export function between(least: number, most: number, shown: [number, number] = [least, most]): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`expected ${shown[0]} to ${shown[1]}, got "${text}".`);
    return value;
  };
}

/** Reads a whole number between two others, ends included. */
export function wholeBetween(least: number, most: number): (text: string) => number {
  const number = between(least, most);
  return (text) => {
    const value = number(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError(`expected a whole number, got "${text}".`);
    return value;
  };
}

/** Whether it can be a folder in models/: no path, and no option that stands where a name is missing. */
export function isModelName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]*$/.test(text);
}

/** Reads the name of a model beside this program, or the path of one: of its zip or its folder, told from a name by a dot or a slash. */
export function modelName(text: string): string {
  if (!isModelName(text) && (!/[./\\]/.test(text) || text.startsWith('-'))) throw new InvalidArgumentError(`"${text}" is not the name of a model.`);
  return text;
}

export function modelSource(given: string): ModelSource {
  return isModelName(given) || /\.zip$/i.test(given) ? given : pathToFileURL(`${resolve(given)}/`);
}

/** Args: which: "--model", or another option that names one. */
export const modelOption = (words: string, which = '--model'): Option => new Option(`${which} <name>`, words).argParser(modelName);

export const detectorOption = (): Option => modelOption('a network of your own that finds cells, in the shipped ones\' format: its zip, or its folder as a path; with network_round or network_adherent alike', '--detector');

/** What --model takes where one has to be named. */
export const whichModel = 'folder in models/, for example blood-smear; or a model of your own: its zip, or its folder as a path';

/** Reads one of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`expected ${words.length > 2 ? words.join(', ') : words.join(' or ')}, got "${text}".`);
    return found;
  };
}

/** Reads where to write. An option whose value is missing would else take the next option for it, which then is silently not done. */
export function place(text: string): string {
  if (/^-./.test(text)) throw new InvalidArgumentError(`"${text}" looks like an option; ./${text} is the file of that name.`);
  return text;
}

export const outputOption = (): Option => new Option('--output <file>', 'write there instead of to standard output').argParser(place);

export const engineOption = (): Option =>
  new Option('--engine <name>', 'core (our own) or onnxruntime; unless told, our own where it can run the network').argParser(oneOf<EngineKind>(engineKinds));

export const jobsOption = (): Option =>
  new Option('--jobs <n>', 'images computed at once, each by a worker with memory of its own; unless told, one for each processor; the results are the same')
    .argParser(wholeBetween(1, 64));

export const typesOption = (): Option =>
  new Option('--types <ids>', 'only these types can occur, by their ids, with commas: neutrophil,lymphocyte; the others have no probability').argParser((text: string) => text.split(',').map((id) => id.trim()));

/** Raises: UsageError for a type that the model does not have. */
export function typesAsked(spec: ModelSpec, ids: string[] | undefined): string[] | null {
  try {
    return ids ? typesOf(spec, ids) : null;
  } catch (error) {
    throw new UsageError(`--types: ${(error as Error).message}.`);
  }
}

/** Who runs the network. */
export interface Staff { engine?: EngineKind; jobs?: number; threads?: number; detector?: string }

/**
 * Opens a model and its workers, no more than there are files.
 *
 * Raises: UsageError where there is no such model; CytodropError, `self_test_failed`.
 */
export async function openClassifier(model: string, second: string | undefined, { engine, jobs, threads = 1, detector }: Staff, files: number): Promise<Classifier> {
  try {
    return await Classifier.open(modelSource(model), { ...(engine && { engine }), threads, jobs: Math.max(1, Math.min(jobs ?? defaultJobs(threads), files)), second: second === undefined ? undefined : modelSource(second), ...(detector !== undefined && { detector: modelSource(detector) }) });
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      const missing = [second, model].find((name) => name !== undefined && path?.includes(isModelName(name) ? join('models', name) : resolve(name))) ?? model;
      throw new UsageError(isModelName(missing) ? `There is no model "${missing}" beside this program.` : `There is no model at ${missing}: its ${path?.split(/[/\\]/).pop() ?? 'spec.json'} is missing.`);
    }
    if (error instanceof CytodropError && (error.code === 'invalid_model' || error.code === 'unreadable_file')) {
      const owns = [model, second].filter((name) => name !== undefined && !isModelName(name));
      if (owns.length > 0) throw new UsageError(`${owns.join(' or ')}: ${message}`);
    }
    if (error instanceof CytodropError && error.code === 'detector_not_loaded') throw new UsageError(`--detector ${detector}: ${message}`);
    if (error instanceof CytodropError && error.code === 'invalid_argument') throw new UsageError(`--second: ${message}`);
    throw error;
  }
}
