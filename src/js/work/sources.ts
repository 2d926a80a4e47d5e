/** What callers hand over: models by name, address or as files; images of every kind. */
import { platform } from '#platform';
import { CytodropError } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';
import { type DetectorFiles, readDetector } from '../model/detector.ts';
import { readModel } from '../model/model_files.ts';
import type { ModelZip } from '../model/model_zip.ts';
import type { ModelListing, ModelSpec } from '../model/spec.ts';
import type { ImageSource } from '../platform/platform.ts';

/** A model's files by their paths below its folder; those of a folder that a person chose in a browser as they come. */
export type ModelFolder = ReadonlyMap<string, Blob | Uint8Array> | readonly File[];

/** The name of a shipped model, the address of a model's folder, its files, or a zip of the folder: as bytes, as a file, by its address or, under Node, by its path. */
export type ModelSource = string | URL | Blob | Uint8Array | ArrayBuffer | ModelFolder;

/** An image with a name of its own, where what it has by itself would not do. */
export interface NamedImage { path: string; source: ImageSource }

/** Whether it is a model that comes with the library, known by its name; any other is somebody's own. */
export function isShipped(model: ModelSource): boolean {
  return typeof model === 'string' && !isZip(model);
}

const isZip = (path: string): boolean => /\.zip$/i.test(path);

/** Reads a file of a model by its path below the model's folder. Raises: Error that says what a person can do. */
export type ReadModelFile = (file: string, onProgress?: (loadedBytes: number) => void) => Promise<Uint8Array>;

/**
 * Args:
 *   home: folder that models/ lies in.
 */
export function readerOf(model: ModelSource, home: URL): ReadModelFile {
  if (model instanceof Blob || model instanceof Uint8Array || model instanceof ArrayBuffer) return zipReader(model);
  if (isZip(model instanceof URL ? model.pathname : String(model))) return zipReader(model as URL | string);
  if (typeof model === 'string') {
    // A path would lead out of the folder of models.
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(model)) throw new CytodropError('invalid_argument', `"${model}" is not the name of a model.`);
    return (file, onProgress) => platform.read(new URL(`models/${model}/${file}`, home), onProgress);
  }
  if (model instanceof URL) {
    const folder = new URL(model.href.endsWith('/') ? model : `${model.href}/`);
    return (file, onProgress) => platform.read(new URL(file, folder), onProgress);
  }
  const files = isMap(model) ? model : filesBelow(model);
  return async (path) => {
    const file = files.get(path);
    if (file === undefined) throw new CytodropError('invalid_model', `The model's file ${path} is missing.`);
    return file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
  };
}

/** Of a zip, which is read when the first of its files is. */
function zipReader(zip: ImageSource): ReadModelFile {
  let opened: Promise<ModelZip> | undefined;
  const open = async (): Promise<ModelZip> => {
    const [bytes, { readModelZip }] = await Promise.all([zip instanceof Blob ? zip : platform.readImage(zip, Infinity), import('../model/model_zip.ts')]);
    if (bytes === undefined || !(bytes instanceof Blob || bytes instanceof Uint8Array)) throw new CytodropError(bytes?.code ?? 'unreadable_file', bytes?.message ?? 'The file could not be read.');
    return readModelZip(bytes);
  };
  return async (file) => (await (opened ??= open())).read(file);
}

/** As `readerOf`, of a model that names cells: what those say that do not come with the library is checked field by field. */
export function modelReaderOf(model: ModelSource, home: URL): ReadModelFile {
  const read = readerOf(model, home);
  if (isShipped(model)) return read;
  return async (file, onProgress) => {
    const bytes = await read(file, onProgress);
    if (file !== 'spec.json' && file !== 'golden/golden.json') return bytes;
    const { checkGolden, checkSpec } = await import('../model/model_schema.ts');
    (file === 'spec.json' ? checkSpec : checkGolden)(parsed(file, bytes));
    return bytes;
  };
}

/** A network that finds cells, checked like a model. Raises: CytodropError, `detector_not_loaded`, in one line for a person. */
export function readOwnDetector(detector: ModelSource, home: URL): Promise<DetectorFiles> {
  return readDetector(async (file) => {
    const bytes = await readerOf(detector, home)(file);
    if (file === 'spec.json') (await import('../model/model_schema.ts')).checkDetector(parsed(file, bytes));
    return bytes;
  });
}

function parsed(file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new CytodropError('invalid_model', `The model's file ${file} is no JSON.`);
  }
}

const isMap = (model: ModelFolder): model is ReadonlyMap<string, Blob | Uint8Array> => model instanceof Map;

/** By their paths without the folder's own name, which the folder with spec.json has. */
function filesBelow(files: readonly File[]): Map<string, File> {
  const paths = files.map((file) => file.webkitRelativePath || file.name);
  const folder = paths.find((path) => path === 'spec.json' || path.endsWith('/spec.json'))?.replace(/spec\.json$/, '') ?? '';
  return new Map(files.map((file, i) => [(paths[i] as string).replace(folder, ''), file]));
}

/** What an image is called in results: its path or its file's name, or its number where it has neither. */
export function pathOf(image: ImageSource | NamedImage, index: number): string {
  if (typeof image === 'string') return image;
  if (image instanceof URL) return image.href;
  if (typeof image === 'object' && 'path' in image && 'source' in image) return image.path;
  const { webkitRelativePath, name } = image as Partial<File>;
  return webkitRelativePath || name || String(index + 1);
}

export function sourceOf(image: ImageSource | NamedImage): ImageSource {
  return typeof image === 'object' && 'path' in image && 'source' in image ? image.source : image;
}

/** Reads what a model's folder says of it. Args: home: folder that models/ lies in. Raises: Error that says what a person can do. */
export async function readSpec(model: ModelSource, home = platform.home): Promise<ModelSpec> {
  return (await readSpecAndSum(model, home)).spec;
}

/**
 * Reads a model whole, and checks what it says, its files against their sums, and that it has a test image; its network is not run.
 *
 * Raises: Error in one line for a person.
 */
export async function checkModel(model: ModelSource, home = platform.home): Promise<{ spec: ModelSpec; specSha256: string | null }> {
  const read = modelReaderOf(model, home);
  const { spec, specJson } = await readModel((file) => read(file));
  return { spec, specSha256: await sha256(new TextEncoder().encode(specJson)) };
}

/** Reads one file of a model by its path below the model's folder. Raises: Error in one line for a person. */
export function readModelFile(model: ModelSource, file: string, home = platform.home): Promise<Uint8Array> {
  return readerOf(model, home)(file);
}

/** As `readSpec`, with the sum by which exports and projects know it; null where the browser cannot compute it. */
export async function readSpecAndSum(model: ModelSource, home = platform.home): Promise<{ spec: ModelSpec; specSha256: string | null }> {
  const bytes = await modelReaderOf(model, home)('spec.json');
  return { spec: JSON.parse(new TextDecoder().decode(bytes)) as ModelSpec, specSha256: await sha256(bytes) };
}

/** The models that lie beside the library, in the order in which they are offered. Args: home: folder that models/ lies in. Raises: Error that says what a person can do. */
export async function listModels(home = platform.home): Promise<ModelListing[]> {
  return JSON.parse(new TextDecoder().decode(await platform.read(new URL('models/index.json', home)))) as ModelListing[];
}

/** Reads a file of the library or of the site that it came from. Raises: Error that says what a person can do. */
export function readFile(url: URL, onProgress?: (loadedBytes: number) => void): Promise<Uint8Array> {
  return platform.read(url, onProgress);
}
